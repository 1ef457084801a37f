//! What engines say when something is wrong, in words that tell what to do. Docker and Podman word the same things
//! differently; here they become one.

use bollard::errors::Error;

use crate::provider::ProviderError;

/// An engine that cannot be reached.
pub(super) fn engine(place: &str, error: &Error) -> ProviderError {
    ProviderError::Temporary {
        message: format!("the container engine at {place} does not answer: {}", said(error)),
        source: None,
    }
}

/// What an engine says, without its own dressing.
pub(super) fn said(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Error::DockerStreamError { error } => error.trim().to_owned(),
        Error::RequestTimeoutError => "no answer in time".to_owned(),
        other => {
            let mut told = other.to_string();
            let mut below = std::error::Error::source(other);
            while let Some(error) = below {
                told = error.to_string();
                below = error.source();
            }
            told
        }
    }
}

/// Whether the engine says that there is no such thing.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404, .. })
        // Podman, of a volume or network that another call removed meanwhile.
        || matches!(error, Error::DockerResponseServerError { message, .. } if message.contains("no such"))
}

/// Whether the engine says that it is there, or so, already.
pub(super) fn is_there(error: &Error) -> bool {
    match error {
        Error::DockerResponseServerError { status_code: 304 | 409, .. } => true,
        Error::DockerResponseServerError { message, .. } => {
            message.contains("already exists") || message.contains("already in use")
        }
        _ => false,
    }
}

/// Whether the engine says that a container does not run.
pub(super) fn does_not_run(error: &Error) -> bool {
    let text = said(error);
    ["is not running", "can only create exec sessions on running containers", "is stopped"]
        .iter()
        .any(|words| text.contains(words))
}

/// Whether it was never the engine that answered: it is away, or the way to it is.
pub(super) fn is_away(error: &Error) -> bool {
    message(error).is_none() && !matches!(error, Error::JsonDataError { .. })
}

/// A call that failed; `what` says what was tried: "the container cannot be made".
pub(super) fn call(place: &str, what: &str, error: &Error) -> ProviderError {
    let Some(message) = message(error) else { return engine(place, error) };
    if message.to_ascii_lowercase().contains("no space left on device") {
        return ProviderError::NoCapacity(format!(
            "{what}: the disk of the container engine at {place} is full; `docker system prune` or `podman system prune` \
             there makes room"
        ));
    }
    let permanent = matches!(error, Error::DockerResponseServerError { status_code: 400..=499, .. });
    let message = format!("{what}: {message}");
    if permanent {
        ProviderError::Permanent { message, source: None }
    } else {
        ProviderError::Temporary { message, source: None }
    }
}

fn message(error: &Error) -> Option<String> {
    matches!(error, Error::DockerResponseServerError { .. } | Error::DockerStreamError { .. })
        .then(|| said(error))
}

/// Why an image could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoImage {
    /// In words.
    pub(super) message: String,
    /// Whether it may work later by itself.
    pub(super) passes: bool,
}

/// Why an image could not be pulled.
pub(super) fn pull(image: &str, credentials: bool, error: &Error) -> NoImage {
    let text = said(error);
    let low = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    let told = |message: String, passes| NoImage { message, passes };
    if has(&["no space left on device"]) {
        return told(
            format!(
                "there is no room on disk to pull `{image}`: the engine's `system prune` removes images that nothing uses"
            ),
            false,
        );
    }
    if has(&[
        "no matching manifest",
        "no image found in manifest list",
        "no image found in image index",
        "does not match the specified platform",
    ]) {
        return told(format!("`{image}` is not made for this machine's architecture: {text}"), false);
    }
    if has(&[
        "manifest unknown",
        "manifest for",
        "name unknown",
        "repository name not known",
        "tag not found",
    ]) {
        return told(format!("there is no image `{image}`: check its name and tag ({text})"), false);
    }
    if has(&[
        "unauthorized",
        "authentication required",
        "no basic auth credentials",
        "access to the resource is denied",
        "denied:",
        "incorrect username or password",
        "invalid username/password",
        "unable to retrieve auth token",
    ]) {
        let message = if credentials {
            format!("the registry refuses the credentials for `{image}`: check `registry_auth` ({text})")
        } else {
            format!(
                "the registry wants credentials for `{image}`, or there is no such image: give `registry_auth`, or check the \
                 name ({text})"
            )
        };
        return told(message, false);
    }
    if has(&["invalid reference format", "invalid reference"]) {
        return told(format!("`{image}` is no name of an image: {text}"), false);
    }
    told(format!("`{image}` could not be pulled: {text}"), true)
}

/// That the engine cannot give GPUs, where that is what it says.
pub(super) fn no_gpus(error: &Error) -> Option<String> {
    let text = said(error);
    let low = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    if has(&[
        "could not select device driver",
        "nvidia-container",
        "unresolvable cdi devices",
        "nvidia.com/gpu=",
    ]) {
        return Some(format!(
            "the engine cannot give NVIDIA's GPUs to containers: install `nvidia-container-toolkit` on that machine \
             (https://docs.nvidia.com/datacenter/cloud-native/container-toolkit), then run `nvidia-ctk runtime configure` for Docker or \
             `nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml` for Podman ({text})"
        ));
    }
    if has(&["/dev/kfd", "/dev/dri"]) {
        return Some(format!(
            "the engine cannot give AMD's GPUs to containers: their devices are not there, so load the driver (`amdgpu`) on that \
             machine ({text})"
        ));
    }
    None
}

/// Why a container did not start.
pub(super) fn start(image: &str, error: &Error) -> String {
    if let Some(told) = no_gpus(error) {
        return told;
    }
    let text = said(error);
    let low = text.to_ascii_lowercase();
    if low.contains("exec format error") {
        return format!("`{image}` is not made for this machine's architecture");
    }
    if low.contains("port is already allocated") || low.contains("address already in use") {
        return format!("a port is taken: {text}");
    }
    format!("the container could not be started: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(error: &str) -> Error {
        Error::DockerStreamError { error: error.to_owned() }
    }

    fn answer(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError { status_code, message: message.to_owned() }
    }

    #[test]
    fn what_is_wrong_with_a_pull_is_told_the_same_for_both_engines() {
        let cases = [
            // dockerd
            (
                true,
                answer(
                    500,
                    "Head \"http://127.0.0.1:5000/v2/a/manifests/1\": unauthorized: authentication required",
                ),
            ),
            (
                false,
                answer(500, "Head \"http://127.0.0.1:5000/v2/a/manifests/1\": no basic auth credentials"),
            ),
            (
                false,
                answer(404, "manifest for 127.0.0.1:5000/a:2 not found: manifest unknown: manifest unknown"),
            ),
            // podman, in a stream after HTTP 200
            (
                true,
                stream(
                    "initializing source docker://127.0.0.1:5000/a:1: unable to retrieve auth token: invalid username/password: unauthorized: authentication required",
                ),
            ),
            (
                false,
                stream(
                    "initializing source docker://127.0.0.1:5000/a:2: reading manifest 2 in 127.0.0.1:5000/a: manifest unknown",
                ),
            ),
            (
                false,
                stream(
                    "choosing an image from manifest list docker://a: no image found in manifest list for architecture arm64",
                ),
            ),
            (false, stream("writing blob: storing blob to file: no space left on device")),
            (false, stream("dial tcp 127.0.0.1:5000: connect: connection refused")),
        ];
        let told: Vec<String> = cases
            .iter()
            .map(|(credentials, error)| {
                let NoImage { message, passes } = pull("a", *credentials, error);
                format!("{}{message}", if passes { "(may pass) " } else { "" })
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_full_disk_is_no_capacity_and_a_silent_engine_may_come_back() {
        let full =
            call("unix:///x", "the volume cannot be made", &answer(500, "mkdir /x: no space left on device"));
        assert!(matches!(full, ProviderError::NoCapacity(_)), "{full:?}");
        let silent = call("unix:///x", "the volume cannot be made", &Error::RequestTimeoutError);
        insta::assert_snapshot!(silent.to_string(), @"the container engine at unix:///x does not answer: no answer in time");
        assert!(matches!(silent, ProviderError::Temporary { .. }));
    }
}
