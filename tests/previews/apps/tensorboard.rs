//! TensorBoard.

use serde_json::json;

use super::{Python, tab::Tab, version};

/// A training, of which TensorBoard is told as programs without TensorFlow do.
const TRAINING: &str = r#"
import time
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

events = EventFileWriter("events/first")
for step, loss in enumerate([1.0, 0.5, 0.25]):
    told = Summary(value=[Summary.Value(tag="loss", simple_value=loss)])
    events.add_event(Event(wall_time=time.time(), step=step, summary=told))
events.close()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn tensorboard_shows_what_a_training_wrote() {
    let Some(python) = Python::with_both() else { return };
    let mut tab = Tab::of(python, |python, port| {
        let serve = format!("-m tensorboard.main --logdir events --host 127.0.0.1 --port {port}");
        format!("{python} - <<'END'{TRAINING}END\n{python} {serve} &")
    })
    .await;
    let page = tab.get("/").await;
    assert_eq!((page.status.as_u16(), page.kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(page.body.contains("index.js"), "the page loads its script");
    // The whole of the page's script, which is large.
    let script = tab.get("/index.js").await;
    assert_eq!((script.status.as_u16(), script.body.len() > 1 << 20), (200, true), "{}", script.body.len());
    assert_eq!(tab.get("/data/environment").await.json()["version"], version("tensorboard"));
    // It reads the files while it answers.
    tab.until("/data/runs", |answer| answer.json() == json!(["first"])).await;
    let scalars = "/data/plugin/scalars/scalars?tag=loss&run=first";
    let read = |scalars: &serde_json::Value| -> Vec<(i64, f64)> {
        let points = scalars.as_array().into_iter().flatten();
        points.filter_map(|point| Some((point[1].as_i64()?, point[2].as_f64()?))).collect()
    };
    let whole = [(0, 1.0), (1, 0.5), (2, 0.25)];
    tab.until(scalars, |answer| answer.status == 200 && read(&answer.json()) == whole).await;
    tab.end().await;
}
