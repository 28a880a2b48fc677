//! Questions to `create-connection`: its options as JSON, put by the application of the tests to the component that is
//! plugged into it, and what came back.

use crate::certs::Pki;
use crate::composed::{self, SEEN, Setting};
use crate::proc_net;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An object of options under their names in WIT, all optional, with durations in seconds. Some are told otherwise:
///
/// * `service`: a number or a text;
/// * `tls`: `true` for the default context, the name of a file of PEM (`/pki/ca.pem`) that is trusted alone, or an
///   object of the settings of `context` under their names in WIT, all optional: `load-verify-locations` and
///   `load-revocation-lists` are lists of files, `cert-chain` is `{"certificates": file, "private-key": file,
///   "password": text}`, `versions` a pair. `"trust"` is `"none"` unless it says `"mozilla"`. Contexts with the same
///   `"name"` are one. Where a setting is refused nothing is called, unless there is `"go-on": true`;
/// * `unix`: true for `create-unix-connection`, which has a `path`; a NUL in front is an abstract name;
/// * `sock`: the address that the application's own socket is connected to, `unconnected:inet` or `unconnected:inet6`.
///
/// And beside the options:
///
/// * `end`: `{"cancel": seconds}` or `{"drop": seconds}`, when to end the call; with 0 before it can wait for anything;
/// * `busy`: `[from, to]`, between which moments after the start of the call nobody else gets a turn;
/// * `then`: what to do with the connection, a step or a list of them: `"read"` (to the end), `"echo"` (`ping`, and a
///   line), `{"read-until": text}`, `{"read-exactly": count}`, `{"write": text}`, `{"write-hex": digits}`,
///   `{"write-many": count}`, `"write-eof"`, `{"take": "receive"}` or `"send"` (the stream of it), and
///   `{"start-tls": options}`, which has its own `tls`, `server-name`, timeouts and `end`. A step that fails is the last;
/// * `step-limit`: how many seconds each of these may take, but for `start-tls`.
pub type Question = Value;

/// What came of a call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Answer {
    /// The connection.
    pub connected: Option<Connected>,
    /// The endpoint; see [`crate::datagrams`].
    pub created: Option<Created>,
    /// Or why there is none: the variant `failure` of WIT, as an object of one case and its payload, or its name alone.
    pub failure: Option<Value>,
    /// That, for a person.
    pub message: Option<String>,
    /// What was done to connect.
    #[serde(default)]
    pub timeline: Vec<Step>,
    /// Whether `sock` was given back, as it had been.
    #[serde(default)]
    pub sock_given_back: bool,
    /// Whether the call was dropped before it returned.
    #[serde(default)]
    pub dropped: bool,
    /// What was read, if it was asked for.
    pub read: Option<String>,
    /// What was echoed, if it was asked for.
    pub echo: Option<String>,
    /// What came of each step of a script.
    #[serde(default)]
    pub results: Vec<Value>,
    /// The settings of TLS that were refused, and why: objects of `setting` and `failure`.
    #[serde(default)]
    pub refused_settings: Vec<Value>,
    /// The secrets, if they were to be kept.
    pub key_log: Option<String>,
    /// What came of each `start-tls`.
    #[serde(default)]
    pub start_tls: Vec<Answer>,
    /// Why a step of `then` failed, a `stream-failure`.
    pub talk_failure: Option<Value>,
    /// Why `close` failed after all steps; only [`ask_together`] gives it.
    pub close_failure: Option<Value>,
}

/// A connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Connected {
    /// This side's address.
    pub local: Option<SocketAddr>,
    /// The peer's.
    pub remote: Option<SocketAddr>,
    /// The same of a Unix socket.
    pub local_path: Option<String>,
    /// And of the peer's.
    pub remote_path: Option<String>,
    /// Who the peer is: process, user, group.
    pub credentials: Option<(Option<u32>, u32, u32)>,
    /// What TLS agreed on.
    pub tls: Option<Value>,
}

/// An endpoint for datagrams.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Created {
    /// This side's address.
    pub local: Option<SocketAddr>,
    /// The peer's, if it has one.
    pub remote: Option<SocketAddr>,
    /// The same of a Unix socket.
    pub local_path: Option<String>,
    /// And of the peer's.
    pub remote_path: Option<String>,
}

/// A step of the timeline.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `lookup`, `bind`, `connect` or `handshake`.
    pub phase: String,
    /// Which address.
    pub address: Option<SocketAddr>,
    /// Or which path.
    pub path: Option<String>,
    /// When it started, in seconds from the start of the call.
    pub started: f64,
    /// When it ended.
    pub ended: f64,
    /// `"succeeded"`, `"abandoned"`, or an object of `failed`.
    pub outcome: Value,
}

/// Puts the questions, one after the other. When all are answered nothing may be open to their ports, and what was closed
/// has to have been closed well.
pub async fn ask(pki: &Pki, questions: &[Question]) -> Result<Vec<Answer>> {
    Ok(put("ask", pki, questions, leaving_nothing(questions))
        .await?
        .0)
}

/// Puts the questions, so many at a time. Says also how much memory that took in the end, in bytes.
pub async fn ask_together(
    pki: &Pki,
    questions: &[Question],
    together: usize,
) -> Result<(Vec<Answer>, usize)> {
    let mode = format!("ask together={together}");
    put(&mode, pki, questions, leaving_nothing(questions)).await
}

/// As [`ask`], in this setting.
pub async fn ask_in(
    setting: &Setting<'_>,
    pki: &Pki,
    questions: &[Question],
) -> Result<Vec<Answer>> {
    let look = leaving_nothing(questions);
    Ok(put_in(setting, "ask", pki, questions, look).await?.0)
}

/// Looks that nothing is open to the ports of the questions.
fn leaving_nothing(questions: &[Question]) -> impl AsyncFnOnce(String) -> Result<()> {
    let ports: BTreeSet<_> = questions.iter().filter_map(port).collect();
    async |_: String| {
        for port in ports {
            proc_net::until_none_open_to(port, SEEN).await?;
        }
        Ok(())
    }
}

/// Puts the questions to this mode of the application. When all are answered, `look` is given the answers as they stand,
/// while the application waits. Gives also how much memory that took.
pub(crate) async fn put(
    mode: &str,
    pki: &Pki,
    questions: &[Question],
    look: impl AsyncFnOnce(String) -> Result<()>,
) -> Result<(Vec<Answer>, usize)> {
    put_in(&Setting::usual(pki.folder()), mode, pki, questions, look).await
}

/// As [`put`], in this setting, which has to have the folder of `pki`.
pub(crate) async fn put_in(
    setting: &Setting<'_>,
    mode: &str,
    pki: &Pki,
    questions: &[Question],
    look: impl AsyncFnOnce(String) -> Result<()>,
) -> Result<(Vec<Answer>, usize)> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("questions-{number}.json");
    pki.write(&name, serde_json::to_vec(questions)?)?;
    let arguments = format!("{mode} file=/pki/{name}");
    let run = composed::run_until(setting, &arguments, look).await?;
    let answers = answers(&run.output)?;
    ensure!(answers.len() == questions.len(), "{}", run.output);
    Ok((answers, run.exit.memory))
}

/// The answers that were printed, a line each.
pub fn answers(output: &str) -> Result<Vec<Answer>> {
    let answers = output.lines().map(|line| {
        let answer = serde_json::from_str(line);
        answer.with_context(|| line.to_owned())
    });
    answers.collect()
}

/// Puts one question.
pub async fn ask_one(pki: &Pki, question: Question) -> Result<Answer> {
    let mut answers = ask(pki, &[question]).await?;
    answers.pop().context("no answer")
}

/// The port that a question is about, if it is one that the kernel chose and so is this test's own.
fn port(question: &Question) -> Option<u16> {
    let sock = question["sock"].as_str().and_then(|it| it.parse().ok());
    let port = match sock {
        Some::<SocketAddr>(address) => address.port(),
        None => u16::try_from(question["service"].as_u64()?).ok()?,
    };
    (port >= 1024).then_some(port)
}

impl Answer {
    /// The connection, if there is one.
    pub fn connection(&self) -> Result<&Connected> {
        let connected = self.connected.as_ref();
        connected.with_context(|| format!("not connected: {self:?}"))
    }

    /// What TLS agreed on.
    pub fn facts(&self) -> Result<&Value> {
        let facts = self.connection()?.tls.as_ref();
        facts.with_context(|| format!("no TLS: {self:?}"))
    }

    /// The payload of this case of `tls`, or the name alone if it has none.
    #[must_use]
    pub fn tls_failure(&self, case: &str) -> Option<&Value> {
        let failure = self.failed_as("tls")?;
        failure.get(case).or(Some(failure).filter(|it| *it == case))
    }

    /// The payload of this case of `certificate`, or the name alone if it has none.
    #[must_use]
    pub fn certificate_failure(&self, case: &str) -> Option<&Value> {
        let failure = self.tls_failure("certificate")?;
        failure.get(case).or(Some(failure).filter(|it| *it == case))
    }

    /// The settings that were refused, each with the text of `configuration`.
    #[must_use]
    pub fn refused(&self) -> Vec<(&str, &str)> {
        let refused = self.refused_settings.iter();
        let refused = refused.filter_map(|it| {
            let text = it["failure"]["configuration"].as_str()?;
            Some((it["setting"].as_str()?, text))
        });
        refused.collect()
    }

    /// The peer's address of the connection.
    pub fn remote(&self) -> Result<SocketAddr> {
        self.connection()?.remote.context("no remote address")
    }

    /// The endpoint, if there is one.
    pub fn endpoint(&self) -> Result<Created> {
        let created = self.created.clone();
        created.with_context(|| format!("not created: {self:?}"))
    }

    /// The payload of the failure, if it is this case.
    #[must_use]
    pub fn failed_as(&self, case: &str) -> Option<&Value> {
        self.failure.as_ref()?.get(case)
    }

    /// The text of `invalid-argument`.
    #[must_use]
    pub fn invalid_argument(&self) -> Option<&str> {
        self.failed_as("invalid-argument")?.as_str()
    }

    /// The case of `lookup`.
    #[must_use]
    pub fn lookup(&self) -> Option<&str> {
        self.failed_as("lookup")?.as_str()
    }

    /// The code of `os`; of `other` the name alone.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        code(self.failed_as("os")?)
    }

    /// The phase of `timed-out`.
    #[must_use]
    pub fn timed_out(&self) -> Option<&str> {
        self.failed_as("timed-out")?.as_str()
    }

    /// The message of a failure.
    #[must_use]
    pub fn told(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    /// The steps of this phase.
    #[must_use]
    pub fn steps(&self, phase: &str) -> Vec<&Step> {
        let of_phase = self.timeline.iter().filter(|step| step.phase == phase);
        of_phase.collect()
    }

    /// To which addresses it was connected, in this order.
    #[must_use]
    pub fn tried(&self) -> Vec<SocketAddr> {
        let connects = self.steps("connect").into_iter();
        connects.filter_map(|step| step.address).collect()
    }
}

impl Step {
    /// Whether it did what it was for.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.outcome == "succeeded"
    }

    /// Whether it was called off.
    #[must_use]
    pub fn abandoned(&self) -> bool {
        self.outcome == "abandoned"
    }

    /// The failure, if it failed.
    #[must_use]
    pub fn failure(&self) -> Option<&Value> {
        self.outcome.get("failed")
    }

    /// How long it took, in seconds.
    #[must_use]
    pub fn took(&self) -> f64 {
        self.ended - self.started
    }
}

/// The code of an `os-failure`; of `other` the name alone.
#[must_use]
pub fn code(os: &Value) -> Option<&str> {
    let code = os.get("code")?;
    match code.as_object() {
        Some(other) => other.keys().next().map(String::as_str),
        None => code.as_str(),
    }
}
