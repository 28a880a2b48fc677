//! Reads the words of a command by its table.

use super::flag::{Command, Flag, Takes};
use super::help::{help, usage};
use super::{Answer, DONE, Given};
use lexopt::{Arg, Error, Parser};
use std::ffi::OsString;

/// What the flags say, and the words that are no flags.
pub(super) fn read(
    command: &Command,
    words: impl IntoIterator<Item = String>,
) -> Result<(Given, Vec<String>), Answer> {
    let words = words.into_iter().map(OsString::from);
    let words: Vec<_> = words.collect();
    let mut parser = Parser::from_args(words);
    let mut given = Given::default();
    let mut seen: Vec<&Flag> = Vec::new();
    let mut others = Vec::new();
    loop {
        let next = parser.next().map_err(|error| wrong(sentence(error)))?;
        let name = match next {
            Some(Arg::Long(name)) => format!("--{name}"),
            Some(Arg::Short(name)) => format!("-{name}"),
            Some(Arg::Value(word)) => {
                others.push(text(word));
                continue;
            }
            None => break,
        };
        let flag = command.flag(&name);
        let flag = flag.ok_or_else(|| unknown(command, &name))?;
        match flag.takes {
            Takes::Help => {
                return Err(Answer {
                    text: help(command),
                    status: DONE,
                });
            }
            Takes::Nothing(set) => set(&mut given),
            Takes::Value(_, set) => {
                let value = value(&mut parser)
                    .ok_or_else(|| wrong(format!("{} has no value", flag.with_value())))?;
                set(&mut given, &value).map_err(|why| {
                    let flag = flag.with_value();
                    wrong(format!("invalid value '{value}' for {flag}: {why}"))
                })?;
            }
        }
        if !flag.repeats && seen.iter().any(|it| it.name() == flag.name()) {
            return Err(wrong(format!("{name} is given more than once")));
        }
        seen.push(flag);
    }
    check(&seen)?;
    if let Some(word) = others.get(command.arguments.len()) {
        let usage = usage(command);
        return Err(wrong(format!(
            "unexpected argument '{word}'; usage: {usage}"
        )));
    }
    Ok((given, others))
}

/// The value of the flag that was just read. What looks like another flag is none, unless it stands behind a `=`.
fn value(parser: &mut Parser) -> Option<String> {
    let value = parser.optional_value().or_else(|| {
        let is_flag = |word: &str| word.starts_with("--");
        let mut rest = parser.try_raw_args()?;
        rest.next_if(|word| !word.to_str().is_some_and(is_flag))
    });
    value.map(text)
}

/// WASI gives only Unicode.
fn text(word: OsString) -> String {
    word.to_string_lossy().into_owned()
}

/// Whether the flags go together.
fn check(seen: &[&Flag]) -> Result<(), Answer> {
    let is_there = |name: &str| seen.iter().any(|it| it.name() == name);
    for flag in seen {
        let name = flag.name();
        if let Some(other) = flag.needs.filter(|it| !is_there(it)) {
            return Err(wrong(format!("{name} needs {other}")));
        }
        if let Some(other) = flag.excludes.iter().find(|it| is_there(it)) {
            return Err(wrong(format!("{name} cannot be used with {other}")));
        }
    }
    Ok(())
}

fn unknown(command: &Command, name: &str) -> Answer {
    let meant = match name.starts_with("--allow-") {
        true => {
            Some("; permissions are given to the program `switchboard`, before the command".into())
        }
        false => command
            .closest(name)
            .map(|it| format!("; did you mean {it}?")),
    };
    wrong(format!(
        "unknown flag '{name}'{}",
        meant.unwrap_or_default()
    ))
}

fn sentence(error: Error) -> String {
    match error {
        Error::UnexpectedValue { option, value } => {
            format!("{option} takes no value, but there is '{}'", text(value))
        }
        error => error.to_string(),
    }
}

/// A word that should be there and is not.
pub(super) fn missing(command: &Command, name: &str) -> Answer {
    wrong(format!("{name} is missing; usage: {}", usage(command)))
}

/// Arguments that cannot be understood: who is at a loss is told where to look.
pub(super) fn wrong(sentence: String) -> Answer {
    let mut answer = super::usage(sentence);
    answer.text += "\nFor more information, try '--help'.\n";
    answer
}
