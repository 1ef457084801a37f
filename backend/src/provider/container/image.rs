//! Images: which one, whether to pull it, and how far the pull is.

use berth_shared::api::{ImagePull, LayerState, PullLayer};
use bollard::{
    auth::DockerCredentials, models::CreateImageInfo, query_parameters::CreateImageOptionsBuilder,
};
use futures_util::StreamExt;
use tokio::sync::watch;

use super::{Engine, words};
use crate::supervisor::{spec::RegistryAuth, words::bytes};

/// The image of a job that names none; `{version}` stands for its Python. That of dstack 0.18.2
/// (`spec/dstack-0.18.md` §6).
pub const DEFAULT_IMAGE: &str = "dstackai/base:py{version}-0.4rc4-cuda-12.1";

/// The Python where a job names neither an image nor a version.
const DEFAULT_PYTHON: &str = "3.11";

/// The image of a job that names this one.
#[must_use]
pub fn name(image: Option<&str>, python: Option<&str>, default: &str) -> String {
    match image.filter(|image| !image.is_empty()) {
        Some(image) => image.to_owned(),
        None => default.replace("{version}", python.unwrap_or(DEFAULT_PYTHON)),
    }
}

/// The tag or digest of an image's name; `latest` when it has none.
fn tag(image: &str) -> &str {
    if let Some((_, digest)) = image.split_once('@') {
        return digest;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').map_or("latest", |(_, tag)| tag)
}

/// Whether an image that the machine has is to be looked for anew: `latest` moves, and what only this machine has is
/// nowhere else.
fn moves(image: &str) -> bool {
    tag(image) == "latest" && !image.starts_with("localhost/")
}

/// What is told of a beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// For people.
    pub(super) words: String,
    /// How far the image is, while it is pulled.
    pub(super) pull: Option<ImagePull>,
}

impl From<String> for Told {
    fn from(words: String) -> Self {
        Self { words, pull: None }
    }
}

/// How far a pull is: what is known of each layer, in the order in which it was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layers(Vec<PullLayer>);

impl Layers {
    /// Takes note of a message of the engine. Docker tells bytes of each layer as they come; Podman only that a layer begins
    /// and that it is there.
    fn take(&mut self, info: &CreateImageInfo) {
        let (Some(id), Some(status)) = (&info.id, &info.status) else { return };
        if status.starts_with("Pulling from") || status.starts_with("Digest") || status.starts_with("Status")
        {
            return;
        }
        let at = self.0.iter().position(|layer| layer.id == *id).unwrap_or_else(|| {
            let state = LayerState::Waiting;
            self.0.push(PullLayer { id: id.clone(), state, current_bytes: 0, total_bytes: 0 });
            self.0.len() - 1
        });
        let layer = &mut self.0[at];
        let detail = info.progress_detail.as_ref();
        let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0);
        let total = number(detail.and_then(|detail| detail.total));
        if status.starts_with("Downloading") || total > 0 && !status.starts_with("Extracting") {
            layer.state = LayerState::Downloading;
            layer.current_bytes = number(detail.and_then(|detail| detail.current));
            layer.total_bytes = layer.total_bytes.max(total);
        }
        let is = |words: &[&str]| words.iter().any(|word| status.starts_with(word));
        if is(&["Pull complete", "Already exists"]) {
            layer.state = LayerState::Done;
        } else if is(&["Download complete", "Verifying", "Extracting"]) {
            layer.state = LayerState::Unpacking;
        }
        if matches!(layer.state, LayerState::Done | LayerState::Unpacking) {
            layer.current_bytes = layer.total_bytes;
        }
    }

    /// "2 of 5 layers, 120 MiB of 340 MiB"
    fn told(&self) -> String {
        let done = self.0.iter().filter(|layer| layer.state == LayerState::Done).count();
        let (current, total) = self.0.iter().fold((0, 0), |(c, t), layer| {
            (c + layer.current_bytes.min(layer.total_bytes), t + layer.total_bytes)
        });
        let layers = format!("{done} of {} layers", self.0.len());
        if total == 0 { layers } else { format!("{layers}, {} of {}", bytes(current), bytes(total)) }
    }
}

/// What is there to be told while an image is pulled.
fn progress(image: &str, layers: &Layers) -> Told {
    let words = if layers.0.is_empty() {
        format!("pulling {image}")
    } else {
        format!("pulling {image}: {}", layers.told())
    };
    Told { words, pull: Some(ImagePull { image: image.to_owned(), layers: layers.0.clone() }) }
}

/// Whether the engine has the image.
async fn there(engine: &Engine, image: &str) -> bool {
    engine.docker.inspect_image(image).await.is_ok()
}

/// Makes sure that the engine has the image; tells how it goes. Gives the image's `USER` and architecture.
pub(super) async fn ensure(
    engine: &Engine,
    image: &str,
    auth: Option<&RegistryAuth>,
    tell: &watch::Sender<Told>,
    said: &mut Vec<String>,
) -> Result<Image, words::NoImage> {
    let here = there(engine, image).await;
    if !here || moves(image) {
        tell.send_replace(progress(image, &Layers::default()));
        if let Err(error) = pull(engine, image, auth, tell).await {
            if !here {
                return Err(error);
            }
            said.push(format!("{}; using the one that is here", error.message));
        }
    }
    let found = engine.docker.inspect_image(image).await.map_err(|error| why(engine, image, auth, &error))?;
    let arch = found.architecture.unwrap_or_default();
    let wanted = &engine.facts().arch;
    if !arch.is_empty() && !wanted.is_empty() && arch != *wanted {
        let message =
            format!("`{image}` is made for {arch} and this machine is {wanted}: use an image for {wanted}");
        return Err(words::NoImage { message, passes: false });
    }
    Ok(Image { user: found.config.and_then(|config| config.user).filter(|user| !user.is_empty()) })
}

/// Why an image cannot be had: its own fault, its registry's, or that the engine is away.
fn why(
    engine: &Engine,
    image: &str,
    auth: Option<&RegistryAuth>,
    error: &bollard::errors::Error,
) -> words::NoImage {
    if words::is_away(error) {
        let message = words::engine(engine.place(), error).to_string();
        return words::NoImage { message, passes: true };
    }
    words::pull(image, auth.is_some(), error)
}

/// What of an image matters for its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// `USER`.
    pub(super) user: Option<String>,
}

async fn pull(
    engine: &Engine,
    image: &str,
    auth: Option<&RegistryAuth>,
    tell: &watch::Sender<Told>,
) -> Result<(), words::NoImage> {
    // Without a tag Docker would pull them all.
    let named = if image.contains('@') { image.to_owned() } else { with_tag(image) };
    let options = CreateImageOptionsBuilder::default().from_image(&named).build();
    let credentials = auth.map(|auth| DockerCredentials {
        username: Some(auth.username.clone()),
        password: Some(auth.password.clone()),
        serveraddress: registry(image).map(ToOwned::to_owned),
        ..DockerCredentials::default()
    });
    let mut layers = Layers::default();
    let mut messages = std::pin::pin!(engine.docker.create_image(Some(options), None, credentials));
    while let Some(message) = messages.next().await {
        layers.take(&message.map_err(|error| why(engine, image, auth, &error))?);
        let told = progress(image, &layers);
        tell.send_if_modified(|before| {
            // Who asks gets the layers; what is written down and told to everybody is the words.
            let changed = before.words != told.words;
            *before = told;
            changed
        });
    }
    Ok(())
}

fn with_tag(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    if last.contains(':') { image.to_owned() } else { format!("{image}:latest") }
}

/// The registry that an image's name begins with; `None` = Docker Hub.
fn registry(image: &str) -> Option<&str> {
    let (first, _) = image.split_once('/')?;
    (first.contains('.') || first.contains(':') || first == "localhost").then_some(first)
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    fn message(id: &str, status: &str, bytes: Option<(i64, i64)>) -> CreateImageInfo {
        CreateImageInfo {
            id: Some(id.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: bytes
                .map(|(current, total)| ProgressDetail { current: Some(current), total: Some(total) }),
            ..CreateImageInfo::default()
        }
    }

    #[test]
    fn the_default_image_is_that_of_the_python() {
        assert_eq!(name(None, Some("3.12"), DEFAULT_IMAGE), "dstackai/base:py3.12-0.4rc4-cuda-12.1");
        assert_eq!(name(Some(""), None, "own:{version}"), "own:3.11");
        assert_eq!(name(Some("ubuntu"), None, DEFAULT_IMAGE), "ubuntu");
    }

    #[test]
    fn only_what_moves_is_pulled_again() {
        let moving: Vec<bool> = [
            "ubuntu",
            "ubuntu:latest",
            "r:5000/ubuntu",
            "ubuntu:24.04",
            "r:5000/a:1",
            "a@sha256:0",
            "localhost/a:latest",
        ]
        .map(moves)
        .into();
        assert_eq!(moving, [true, true, true, false, false, false, false]);
        assert_eq!(["a", "r:5000/a", "a:1"].map(with_tag), ["a:latest", "r:5000/a:latest", "a:1"]);
        assert_eq!(
            ["a/b", "ghcr.io/a/b", "localhost/a", "h:1/a"].map(registry),
            [None, Some("ghcr.io"), Some("localhost"), Some("h:1")]
        );
    }

    #[test]
    fn a_pull_is_told_by_layers_and_bytes() {
        let mut layers = Layers::default();
        assert_eq!(progress("a:1", &layers).words, "pulling a:1");
        for info in [
            message("1", "Pulling from library/a", None),
            message("aa", "Pulling fs layer", None),
            message("bb", "Already exists", None),
            message("cc", "Downloading", Some((10 << 20, 40 << 20))),
        ] {
            layers.take(&info);
        }
        assert_eq!(progress("a:1", &layers).words, "pulling a:1: 1 of 3 layers, 10 MiB of 40 MiB");
        let states = |layers: &Layers| {
            let pull = progress("a:1", layers).pull.unwrap_or_default();
            pull.layers.iter().map(|layer| (layer.id.clone(), layer.state, layer.share())).collect::<Vec<_>>()
        };
        assert_eq!(
            states(&layers),
            [
                ("aa".to_owned(), LayerState::Waiting, 0.0),
                ("bb".to_owned(), LayerState::Done, 1.0),
                ("cc".to_owned(), LayerState::Downloading, 0.25),
            ]
        );
        layers.take(&message("cc", "Download complete", None));
        layers.take(&message("cc", "Extracting", Some((1 << 20, 90 << 20))));
        assert_eq!(layers.told(), "1 of 3 layers, 40 MiB of 40 MiB");
        assert_eq!(states(&layers)[2], ("cc".to_owned(), LayerState::Unpacking, 1.0));
        layers.take(&message("cc", "Pull complete", None));
        layers.take(&message("aa", "Pull complete", None));
        assert_eq!(layers.told(), "3 of 3 layers, 40 MiB of 40 MiB");
    }
}
