//! The flags of a command, in one table: what is accepted is what the help tells, and the other way round.

use super::Given;
use std::cmp::Reverse;

/// A command.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// What follows the name.
    pub(super) usage: &'static str,
    /// What it is for: a sentence, and more about it.
    pub(super) about: &'static str,
    pub(super) more: &'static str,
    /// The arguments that are no flags, and what they are.
    pub(super) arguments: &'static [(&'static str, &'static str)],
    /// The flags under their headings.
    pub(super) groups: &'static [(&'static str, &'static [Flag])],
    /// What comes after the flags.
    pub(super) after: &'static str,
}

impl Command {
    /// All its flags.
    pub(super) fn flags(&self) -> impl Iterator<Item = &'static Flag> {
        self.groups
            .iter()
            .flat_map(|(_heading, flags)| flags.iter())
    }

    /// The flag of this name.
    pub(super) fn flag(&self, name: &str) -> Option<&'static Flag> {
        self.flags().find(|it| it.short == name || it.long == name)
    }

    /// The flag that somebody may have meant.
    pub(super) fn closest(&self, name: &str) -> Option<&'static str> {
        let long = self.flags().map(|it| it.long);
        // The beginning of one, or one and more.
        let related = |it: &&str| it.len() > 3 && (it.starts_with(name) || name.starts_with(it));
        if let Some(related) = self.flags().map(|it| it.long).find(|it| related(it)) {
            return Some(related);
        }
        // Of those that are as near, one that begins alike.
        let alike = |it: &str| {
            let pairs = name.chars().zip(it.chars());
            Reverse(pairs.take_while(|(one, other)| one == other).count())
        };
        let (near, _, flag) = long.map(|it| (distance(name, it), alike(it), it)).min()?;
        // With more than half of it wrong it was no slip of the finger.
        (near * 2 <= name.len()).then_some(flag)
    }
}

/// A flag, and what it does.
#[derive(Clone, Copy)]
pub(super) struct Flag {
    /// With its dashes; empty if there is none. So is `long`, but one of them is there.
    pub(super) short: &'static str,
    pub(super) long: &'static str,
    pub(super) takes: Takes,
    pub(super) help: &'static str,
    /// Whether it may be given more than once.
    pub(super) repeats: bool,
    /// The flag that it makes no sense without.
    pub(super) needs: Option<&'static str>,
    /// The flags that it makes no sense with.
    pub(super) excludes: &'static [&'static str],
}

/// Whether a flag has a value, and what is done about it.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Nothing(fn(&mut Given)),
    /// A value, by this name in the help.
    Value(&'static str, fn(&mut Given, &str) -> Result<(), String>),
    /// It asks for the help, whatever else there is.
    Help,
}

impl Flag {
    /// A flag without a value.
    pub(super) const fn switch(
        long: &'static str,
        set: fn(&mut Given),
        help: &'static str,
    ) -> Self {
        Self {
            short: "",
            long,
            takes: Takes::Nothing(set),
            help,
            repeats: false,
            needs: None,
            excludes: &[],
        }
    }

    /// A flag with a value.
    pub(super) const fn value(
        long: &'static str,
        value: &'static str,
        set: fn(&mut Given, &str) -> Result<(), String>,
        help: &'static str,
    ) -> Self {
        Self {
            takes: Takes::Value(value, set),
            ..Self::switch(long, |_| {}, help)
        }
    }

    pub(super) const fn short(self, short: &'static str) -> Self {
        Self { short, ..self }
    }

    pub(super) const fn repeats(self) -> Self {
        Self {
            repeats: true,
            ..self
        }
    }

    pub(super) const fn needs(self, flag: &'static str) -> Self {
        Self {
            needs: Some(flag),
            ..self
        }
    }

    pub(super) const fn excludes(self, flags: &'static [&'static str]) -> Self {
        Self {
            excludes: flags,
            ..self
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> &'static str {
        match self.long {
            "" => self.short,
            long => long,
        }
    }

    /// With the name of its value.
    pub(super) fn with_value(&self) -> String {
        match self.takes {
            Takes::Value(value, _) => format!("{} <{value}>", self.name()),
            Takes::Nothing(_) | Takes::Help => self.name().to_owned(),
        }
    }
}

/// How many characters have to be replaced, added or left out to make one text of the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<_> = (1..=to.chars().count()).collect();
    for (line, one) in from.chars().enumerate() {
        let (mut diagonal, mut left) = (line, line + 1);
        for (above, other) in row.iter_mut().zip(to.chars()) {
            let replaced = diagonal + usize::from(one != other);
            diagonal = *above;
            left = replaced.min(diagonal + 1).min(left + 1);
            *above = left;
        }
    }
    row.pop().unwrap_or(from.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("--tsl", "--tls", 2),
            ("--time-out", "--timeout", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
