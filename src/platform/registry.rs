//! What all handles of a process share, as long as there is any of them.

/// The value of the entry that `is_it` is true of, or else of the one that `make` makes. Entries whose value nobody has
/// any more (`value` gives `None`) are dropped.
pub(crate) fn shared<Entry, Value>(
    entries: &mut Vec<Entry>,
    value: impl Fn(&Entry) -> Option<Value>,
    is_it: impl Fn(&Entry) -> bool,
    make: impl FnOnce() -> (Entry, Value),
) -> Value {
    entries.retain(|entry| value(entry).is_some());
    entries.iter().find(|entry| is_it(entry)).and_then(&value).unwrap_or_else(|| {
        let (entry, value) = make();
        entries.push(entry);
        value
    })
}
