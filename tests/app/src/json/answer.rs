//! An answer: what a call returned.

use super::outcome::{failure, step};
use crate::bindings::switchboard::connect::types::{Failure, Step};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize, Default)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Answer {
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connected: Option<Value>,
    /// Or the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeline: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) sock_given_back: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dropped: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) echo: Option<String>,
    /// The settings of TLS that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) refused_settings: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_log: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) start_tls: Vec<Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) talk_failure: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) close_failure: Option<Value>,
    /// What came of each step of the script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) results: Option<Vec<Value>>,
}

impl Answer {
    /// That of a call that returned something, which is still to be told.
    pub(crate) fn succeeded(timeline: &[Step]) -> Self {
        Self {
            timeline: Some(timeline.iter().map(step).collect()),
            ..Self::default()
        }
    }

    /// That of a call that failed.
    pub(crate) fn failed(
        why: &Failure,
        message: &str,
        timeline: &[Step],
        sock_given_back: bool,
    ) -> Self {
        Self {
            failure: Some(failure(why)),
            message: Some(message.to_owned()),
            sock_given_back,
            ..Self::succeeded(timeline)
        }
    }

    /// That of a call that was dropped before.
    pub(crate) fn dropped() -> Self {
        Self {
            dropped: true,
            ..Self::default()
        }
    }

    /// What was refused of the settings, so that nothing was called.
    pub(crate) fn of_settings(refused: Vec<Value>) -> Self {
        Self::default().with_settings(refused, None)
    }

    /// The same, and what came of the settings.
    pub(crate) fn with_settings(mut self, refused: Vec<Value>, key_log: Option<String>) -> Self {
        self.refused_settings = refused;
        self.key_log = key_log;
        self
    }

    /// Bytes that were read, after those of earlier steps.
    pub(crate) fn heard(&mut self, bytes: Vec<u8>) {
        let read = self.read.get_or_insert_default();
        read.push_str(&String::from_utf8_lossy(&bytes));
    }
}
