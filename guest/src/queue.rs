//! What has arrived at an endpoint and was not asked for yet: bounded, so that no peer can fill the memory.

use std::collections::VecDeque;

/// What an event counts beside its bytes: it takes room itself, here and in the allocator.
const OVERHEAD: u64 = 128;

/// Events in the order of their arrival. What does not fit is lost, and counted.
#[derive(Debug)]
pub struct Queue<T> {
    events: VecDeque<(T, u64)>,
    size: u64,
    limit: u64,
    dropped: u64,
}

impl<T> Queue<T> {
    /// An empty queue for events that count this much together.
    pub fn new(limit: u64) -> Self {
        Self {
            events: VecDeque::new(),
            size: 0,
            limit,
            dropped: 0,
        }
    }

    /// Appends an event with this many bytes. A single one always fits.
    pub fn push(&mut self, event: T, bytes: usize) {
        let size = (bytes as u64).saturating_add(OVERHEAD);
        let after = self.size.saturating_add(size);
        if after > self.limit && !self.events.is_empty() {
            self.dropped += 1;
            return;
        }
        self.size = after;
        self.events.push_back((event, size));
    }

    /// Takes the first event.
    pub fn pop(&mut self) -> Option<T> {
        let (event, size) = self.events.pop_front()?;
        self.size -= size;
        Some(event)
    }

    /// Takes events until they are this many, or count this much: at least one, if there is one.
    pub fn pop_some(&mut self, most: usize, size: u64) -> Vec<T> {
        let before = self.size;
        let mut events = Vec::new();
        while events.len() < most.max(1) && before - self.size < size {
            let Some(event) = self.pop() else { break };
            events.push(event);
        }
        events
    }

    /// Forgets all events, which nobody will ask for, and their memory.
    pub fn clear(&mut self) {
        self.events = VecDeque::new();
        self.size = 0;
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many were lost.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_lost_and_counted() {
        let mut queue = Queue::new(2 * (OVERHEAD + 10));
        for event in 1..=3 {
            queue.push(event, 10);
        }
        assert_eq!((queue.pop(), queue.dropped()), (Some(1), 1));
        queue.push(4, 11);
        assert_eq!(queue.dropped(), 2);
        queue.push(5, 10);
        assert_eq!(
            (queue.pop(), queue.pop(), queue.pop()),
            (Some(2), Some(5), None)
        );
        assert_eq!(queue.dropped(), 2);
    }

    #[test]
    fn empty_datagrams_count_too() {
        let mut queue = Queue::new(10 * OVERHEAD);
        for event in 0..100 {
            queue.push(event, 0);
        }
        assert_eq!(queue.dropped(), 90);
    }

    #[test]
    fn a_single_one_fits_whatever_the_limit() {
        let mut queue = Queue::new(1);
        queue.push('a', usize::MAX);
        queue.push('b', 0);
        assert_eq!(
            (queue.pop(), queue.pop(), queue.dropped()),
            (Some('a'), None, 1)
        );
    }

    #[test]
    fn some_at_a_time() {
        let mut queue = Queue::new(u64::MAX);
        for event in 1..=9 {
            queue.push(event, 10);
        }
        let size = OVERHEAD + 10;
        assert_eq!(queue.pop_some(0, u64::MAX), [1]);
        assert_eq!(queue.pop_some(3, u64::MAX), [2, 3, 4]);
        assert_eq!(queue.pop_some(9, 2 * size), [5, 6]);
        assert_eq!(queue.pop_some(9, 2 * size + 1), [7, 8, 9]);
        assert!(queue.pop_some(9, 1).is_empty());
    }

    #[test]
    fn what_was_cleared_makes_room() {
        let mut queue = Queue::new(OVERHEAD);
        queue.push('a', 0);
        queue.clear();
        assert!(queue.is_empty());
        queue.push('b', 0);
        assert_eq!((queue.pop(), queue.dropped()), (Some('b'), 0));
    }
}
