//! The one error type of the crate: a stable code, the entry or argument it is about, and what to do next.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc};

use crate::unlock::UnlockKind;

/// The result of a fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Defines [`ErrorKind`] and its codes: the only place that lists them.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal,)*) => {
        /// What went wrong. [`code`](Self::code) is the same word in Rust, JavaScript and Python.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$kind),*];

            /// The stable code of this kind, for example `"wrong-key"`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(ErrorKind::$kind => $code,)*
                }
            }
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }
    };
}

kinds! {
    /// The storage cannot be used here: no secure context, blocked storage, no keychain, a directory without write
    /// access, or a closed handle.
    Unavailable = "unavailable",
    /// This version or this platform does not support it. The message names what works.
    Unsupported = "unsupported",
    /// The store is locked, or needs another kind of unlock. [`Error::needs`] lists the kinds that open it.
    Locked = "locked",
    /// The user dismissed a prompt, such as the one for the keychain's password.
    Cancelled = "cancelled",
    /// The given key does not open what is stored.
    WrongKey = "wrong-key",
    /// There are entries, but the key that opens them is gone.
    KeyMissing = "key-missing",
    /// What is stored is damaged, or was sealed under another key.
    Corrupt = "corrupt",
    /// The value is intact but is not UTF-8. Read it with `get_bytes`.
    NotText = "not-text",
    /// A newer version of keyfold wrote it.
    NewerFormat = "newer-format",
    /// It is larger than the format or the platform allows.
    TooLarge = "too-large",
    /// The storage is full. What was stored before is unchanged.
    QuotaExceeded = "quota-exceeded",
    /// An argument cannot be used. [`Error::argument`] names it.
    InvalidArgument = "invalid-argument",
    /// The platform failed in a way that has no code of its own. See [`source`](StdError::source).
    Platform = "platform",
}

/// Why a call failed, and what to do next. It never holds a value or a key.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    key: Option<String>,
    argument: Option<&'static str>,
    needs: &'static [UnlockKind],
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(kind, message.into(), None, &[])
    }

    /// The one place that makes errors. Repeated, this code would make the WebAssembly module larger.
    #[cold]
    #[inline(never)]
    fn of(
        kind: ErrorKind,
        message: Cow<'static, str>,
        argument: Option<&'static str>,
        needs: &'static [UnlockKind],
    ) -> Self {
        Error(Arc::new(Inner { kind, message, key: None, argument, needs, source: None }))
    }

    pub(crate) fn invalid(argument: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(ErrorKind::InvalidArgument, message.into(), Some(argument), &[])
    }

    /// Of a store that these kinds of unlock open.
    #[cfg(feature = "sealed")]
    pub(crate) fn locked(message: String, needs: &'static [UnlockKind]) -> Self {
        Self::of(ErrorKind::Locked, message.into(), None, needs)
    }

    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.made().key = Some(key.to_owned());
        self
    }

    #[allow(dead_code, reason = "what is in memory has no platform whose errors could be passed on")]
    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.made().source = Some(Box::new(source));
        self
    }

    /// The same with more to say at the end of its message.
    #[allow(dead_code, reason = "only some platforms have more advice than the mechanism that failed")]
    pub(crate) fn with_advice(mut self, advice: &str) -> Self {
        self.made().message.to_mut().push_str(advice);
        self
    }

    /// The contents of an error that is being made and not shared yet.
    fn made(&mut self) -> &mut Inner {
        Arc::get_mut(&mut self.0).expect("an error is shared only once it is made")
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong as a stable word, for example `"wrong-key"`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// The entry that the error is about, if there is one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The argument that cannot be used, for [`ErrorKind::InvalidArgument`].
    #[must_use]
    pub fn argument(&self) -> Option<&'static str> {
        self.0.argument
    }

    /// The kinds of unlock that open the store, for [`ErrorKind::Locked`]; empty for every other kind, and in the
    /// flutter layout.
    ///
    /// Each kind is there once, in the order of [`UnlockKind`]. A handle that was [locked](crate::SecureStorage::lock) tells the kinds that it saw last.
    /// [`Builder::unlocks`](crate::Builder::unlocks) asks the store, and gives labels too.
    ///
    /// # Security
    /// No key authenticates these kinds: whoever can write to the storage can change them.
    #[must_use]
    pub fn needs(&self) -> &[UnlockKind] {
        self.0.needs
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        f.write_str(": ")?;
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// One of the app's names in quotes, for a message. Control characters, which could forge a line of a log, are
/// replaced. `{:?}` replaces more, but brings tables of Unicode into the WebAssembly module.
pub(crate) fn quoted(name: &str) -> String {
    let mut quoted = String::from("\"");
    quoted.extend(name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }));
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_name_stays_on_its_line() {
        assert_eq!(quoted("a \u{1f511}\n\u{1b}[31m"), "\"a \u{1f511}\u{fffd}\u{fffd}[31m\"");
    }

    #[test]
    fn a_clone_tells_the_same() {
        let error = Error::invalid("namespace", "not like that").with_key("token").with_source(fmt::Error);
        let clone = error.clone();
        assert_eq!((clone.kind(), clone.key(), clone.argument()), (error.kind(), Some("token"), Some("namespace")));
        assert_eq!(format!("{clone} {clone:?}"), format!("{error} {error:?}"));
        assert!(clone.source().is_some_and(|source| source.is::<fmt::Error>()));
    }

    #[test]
    fn what_is_needed_is_told_of_what_is_locked() {
        let error = Error::of(ErrorKind::Locked, "it is locked".into(), None, &[UnlockKind::Passphrase]);
        assert_eq!(
            (error.clone().needs(), Error::invalid("key", "no").needs()),
            (&[UnlockKind::Passphrase][..], &[][..])
        );
    }

    #[test]
    fn the_declarations_list_the_same_codes() {
        let declarations = include_str!("../pkg/index.d.ts");
        let (_, union) = declarations.split_once("export type ErrorCode =").expect("the union of codes");
        let (union, _) = union.split_once(';').expect("its end");
        let declared: Vec<_> = union.split('"').skip(1).step_by(2).collect();
        let ours: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(declared, ours);
    }
}
