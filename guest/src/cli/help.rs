//! The help of a command, as its table tells it.

use super::flag::{Command, Flag};

/// How wide a line may be: that of most terminals.
const WIDTH: usize = 80;

/// Where the explanations begin.
const COLUMN: usize = 30;

/// The whole help of a command.
pub(super) fn help(command: &Command) -> String {
    let mut text = paragraph(command.about) + "\n";
    if !command.more.is_empty() {
        text += &(paragraph(command.more) + "\n");
    }
    text += &format!("Usage: {}\n", usage(command));
    text += "\nArguments:\n";
    for (name, help) in command.arguments {
        text += &entry(&format!("  {name}"), help);
    }
    for (heading, flags) in command.groups {
        text += &format!("\n{heading}:\n");
        for flag in *flags {
            text += &entry(&names(flag), flag.help);
        }
    }
    text + "\n" + command.after
}

/// How a command is called.
pub(super) fn usage(command: &Command) -> String {
    format!("switchboard {} {}", command.name, command.usage)
}

/// The long names stand under each other.
fn names(flag: &Flag) -> String {
    let with_value = flag.with_value();
    match (flag.short, flag.long) {
        (_, "") => format!("  {with_value}"),
        ("", _) => format!("      {with_value}"),
        (short, _) => format!("  {short}, {with_value}"),
    }
}

/// A line with a name and its explanation, or more where they do not fit.
fn entry(name: &str, help: &str) -> String {
    let indent = " ".repeat(COLUMN);
    let lines = wrapped(help, WIDTH - COLUMN);
    let explained = lines.join(&format!("\n{indent}"));
    match name.len() + 2 <= COLUMN {
        true => format!("{name:COLUMN$}{explained}\n"),
        false => format!("{name}\n{indent}{explained}\n"),
    }
}

fn paragraph(text: &str) -> String {
    wrapped(text, WIDTH).join("\n") + "\n"
}

/// A text in lines of at most this many characters, unless a word is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let full = line.chars().count() + 1 + word.chars().count() > width;
        if full && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_full_and_no_longer() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 6), ["one", "two", "three"]);
        assert_eq!(wrapped("indivisible", 3), ["indivisible"]);
    }

    #[test]
    fn an_explanation_stands_beside_its_name_or_under_it() {
        let indent = " ".repeat(COLUMN);
        let short = entry("  -4", "IPv4 only");
        assert_eq!(short, format!("  -4{}IPv4 only\n", " ".repeat(COLUMN - 4)));
        let name = "x".repeat(COLUMN - 1);
        assert_eq!(entry(&name, "what"), format!("{name}\n{indent}what\n"));
    }
}
