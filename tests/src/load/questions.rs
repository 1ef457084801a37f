//! What is asked of the server meanwhile.

use berth_shared::api::{Page, Run};
use serde_json::json;

use super::{figures::Times, person::Person, phases::CONFIGURATION};

/// What is asked, and where; `MIDDLE` stands for a cursor. A plan is asked for with [`CONFIGURATION`].
const QUESTIONS: [(&str, &str); 8] = [
    ("the newest runs", "/runs?limit=50"),
    ("runs in the middle of the past", "/runs?limit=50&cursor=MIDDLE"),
    ("active runs", "/runs?active=true&limit=50"),
    ("instances", "/instances?limit=50"),
    ("a run", "/runs/burst-0"),
    ("pools", "/pools"),
    ("orphans", "/orphans"),
    ("a plan", PLAN),
];

const PLAN: &str = "/plan";

/// A question that is asked again and again.
pub(super) struct Question {
    pub(super) what: &'static str,
    path: String,
    /// How long the answers took.
    pub(super) times: Times,
}

/// All of them.
pub(super) async fn questions(person: &Person, finished: u32) -> Vec<Question> {
    let middle = middle(person, finished).await;
    let question = |&(what, path): &(&'static str, &str)| Question {
        what,
        path: path.replace("MIDDLE", &middle),
        times: Times::default(),
    };
    QUESTIONS.iter().map(question).collect()
}

impl Question {
    pub(super) async fn ask(&self, person: &Person) {
        Person::timed(&self.times, async {
            if self.path == PLAN {
                let (status, text) = person.post(PLAN, &json!({ "configuration": CONFIGURATION })).await;
                assert!(status.is_success(), "{status}: {text}");
            } else {
                person.get(&self.path).await;
            }
        })
        .await;
    }
}

/// A cursor far down the list of runs.
async fn middle(person: &Person, finished: u32) -> String {
    let mut cursor: Option<String> = None;
    for _ in 0..(finished / 2).div_ceil(200).clamp(1, 250) {
        let at = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page: Page<Run> =
            serde_json::from_str(&person.get(&format!("/runs?limit=200{at}")).await).expect("a page");
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    cursor.unwrap_or_default()
}
