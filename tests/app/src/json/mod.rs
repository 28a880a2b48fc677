//! Questions and answers as JSON: what the modes have in common that put the options of a file to the component.

pub(crate) mod answer;
pub(crate) mod facts;
pub(crate) mod options;
pub(crate) mod outcome;

use crate::arguments::Arguments;
use answer::Answer;
use serde::de::DeserializeOwned;
use std::io::Write;

/// The questions of `file=`, a JSON array.
pub(crate) fn questions<T: DeserializeOwned>(arguments: &Arguments) -> Result<Vec<T>, String> {
    let path: String = arguments.required("file")?;
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
}

/// An answer as a line.
pub(crate) fn line(answer: &Answer) -> Result<String, String> {
    serde_json::to_string(answer).map_err(|error| error.to_string())
}

/// Prints an answer.
pub(crate) fn print(answer: &Answer) -> Result<(), String> {
    println!("{}", line(answer)?);
    // One that traps does not take the answers before it along.
    let _ = std::io::stdout().flush();
    Ok(())
}
