//! When a task that need not wait gives others a turn.

/// After how many steps that did not have to wait it is the turn of others.
pub const TURN: u32 = 32;

/// What to do after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Take the next one.
    GoOn,
    /// Give others a turn.
    Yield,
    /// Take a rest: it fails again and again, and at once.
    Rest,
}

/// Counts steps.
#[derive(Debug, Default)]
pub struct Turns {
    without_waiting: u32,
    failed_at_once: u32,
}

impl Turns {
    /// What to do after this step. One that has waited has given others a turn by that.
    pub fn after(&mut self, waited: bool, failed: bool) -> Turn {
        match (waited, failed) {
            (true, _) => *self = Self::default(),
            (false, failed) => {
                self.without_waiting += 1;
                self.failed_at_once = if failed { self.failed_at_once + 1 } else { 0 };
            }
        }
        if self.failed_at_once >= TURN {
            *self = Self::default();
            return Turn::Rest;
        }
        if self.without_waiting >= TURN {
            self.without_waiting = 0;
            return Turn::Yield;
        }
        Turn::GoOn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_gives_others_a_turn() {
        let mut turns = Turns::default();
        let decisions: Vec<_> = (0..2 * TURN).map(|_| turns.after(false, false)).collect();
        let yields = |it: &&Turn| **it == Turn::Yield;
        assert_eq!(decisions.iter().filter(yields).count(), 2);
        assert_eq!(decisions.last(), Some(&Turn::Yield));
        for _ in 1..TURN {
            assert_eq!(turns.after(false, false), Turn::GoOn);
        }
        assert_eq!(turns.after(true, false), Turn::GoOn);
        assert_eq!(turns.after(false, false), Turn::GoOn);
    }

    #[test]
    fn only_failures_in_a_row_need_a_rest() {
        let mut turns = Turns::default();
        for _ in 1..TURN {
            assert_eq!(turns.after(false, true), Turn::GoOn);
        }
        assert_eq!(turns.after(false, true), Turn::Rest);
        for round in 0..10 * TURN {
            let turn = turns.after(false, round % 2 == 0);
            assert_ne!(turn, Turn::Rest);
        }
    }
}
