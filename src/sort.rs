//! One sort for lists of all kinds. The standard library's are faster, and it has one for each kind of list: all of them
//! were a tenth of the package's module.

use std::cmp::Ordering;

/// Sorts a list. What is equal stays in its order. A list of a few parts that are sorted already takes little time.
pub(crate) fn by<T>(items: &mut [T], mut order: impl FnMut(&T, &T) -> Ordering) {
    let mut sources = sources(items.len(), &mut |one, other| order(&items[one], &items[other]).is_gt());
    for start in 0..items.len() {
        let mut place = start;
        loop {
            let source = std::mem::replace(&mut sources[place], place);
            if source == start {
                break;
            }
            items.swap(place, source);
            place = source;
        }
    }
}

/// From which place the item of each place comes: a merge sort that begins with what is in order.
fn sources(len: usize, is_greater: &mut dyn FnMut(usize, usize) -> bool) -> Vec<usize> {
    let mut sources: Vec<_> = (0..len).collect();
    let mut ends: Vec<_> = (1..len).filter(|&place| is_greater(place - 1, place)).chain([len]).collect();
    while ends.len() > 1 {
        let (mut merged, mut start) = (Vec::with_capacity(len), 0);
        for ends in ends.chunks(2) {
            let (mut one, mut other) = (start, ends[0]);
            start = ends[ends.len() - 1];
            while one < ends[0] || other < start {
                let is_other = one == ends[0] || other < start && is_greater(sources[one], sources[other]);
                let next = if is_other { &mut other } else { &mut one };
                merged.push(sources[*next]);
                *next += 1;
            }
        }
        sources = merged;
        ends = ends.chunks(2).map(|ends| ends[ends.len() - 1]).collect();
    }
    sources
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(list in prop::collection::vec((0_u8..16, any::<u8>()), 0..200)) {
            let (mut ours, mut theirs) = (list.clone(), list);
            super::by(&mut ours, |one, other| one.0.cmp(&other.0));
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn what_is_nearly_sorted_takes_one_pass() {
        let mut list: Vec<_> = (0..1000).chain(500..1500).collect();
        let mut compared = 0;
        super::by(&mut list, |one: &i32, other| {
            compared += 1;
            one.cmp(other)
        });
        assert!(list.is_sorted());
        assert!(compared < 4000, "{compared}");
    }
}
