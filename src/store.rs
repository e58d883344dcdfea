//! One namespace of either layout, with names in the area's text and values as the cipher has them.

use crate::{
    area::{Area, records::RecordArea},
    crypto::{aead::Aead, cipher::Cipher},
    error::{Error, ErrorKind, Result},
    flutter::FlutterStore,
    options::Layout,
    report::{OnUnreadable, Report},
    sealed::SealedStore,
    text::{Owned, Text},
    watch::Watch,
};

/// What a target's stores are made of.
pub(crate) trait Parts {
    /// The flutter layout's.
    type Area: Area;
    type Cipher: Cipher<Text = <Self::Area as Area>::Text>;
    /// The sealed layout's.
    type Records: RecordArea<DeviceKey = Self::Key> + 'static;
    type Key: Aead + 'static;
}

type TextOf<P> = <<P as Parts>::Area as Area>::Text;
type InputOf<P> = <<P as Parts>::Cipher as Cipher>::Input;
type ValueOf<P> = <<P as Parts>::Cipher as Cipher>::Value;

/// A store of one layout or the other, chosen when it is opened. The features `flutter` and `sealed` say which of them
/// there are.
pub(crate) enum Store<P: Parts> {
    #[cfg(feature = "flutter")]
    Flutter(FlutterStore<P::Area, P::Cipher>),
    #[cfg(feature = "sealed")]
    Sealed(SealedStore<P::Records, P::Key>),
}

/// Does for a store what its layout does.
macro_rules! either {
    ($self:ident, { Flutter($flutter:ident) => $of_flutter:expr, Sealed($sealed:ident) => $of_sealed:expr, }) => {
        match $self {
            #[cfg(feature = "flutter")]
            Store::Flutter($flutter) => $of_flutter,
            #[cfg(feature = "sealed")]
            Store::Sealed($sealed) => $of_sealed,
        }
    };
}

impl<P: Parts> Store<P> {
    /// The sealed store, for what only that has.
    pub(crate) fn sealed(&self) -> Result<&SealedStore<P::Records, P::Key>> {
        match self {
            #[cfg(feature = "sealed")]
            Store::Sealed(store) => Ok(store),
            #[cfg(feature = "flutter")]
            Store::Flutter(_) => {
                let message = "the flutter layout has one fixed key and no unlocks: open the sealed layout for this";
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    pub(crate) async fn set(&self, key: &TextOf<P>, value: &InputOf<P>) -> Result<()> {
        either!(self, {
            Flutter(store) => store.set(key, value).await,
            Sealed(store) => store.set_all(vec![(key.to_str().into_owned(), P::Cipher::bytes(value))]).await,
        })
    }

    pub(crate) async fn set_all(&self, entries: &[(&TextOf<P>, &InputOf<P>)]) -> Result<()> {
        either!(self, {
            Flutter(store) => store.set_all(entries).await,
            Sealed(store) => {
                let own = |(key, value): &(&TextOf<P>, &InputOf<P>)| (key.to_str().into_owned(), P::Cipher::bytes(value));
                store.set_all(entries.iter().map(own).collect()).await
            },
        })
    }

    pub(crate) async fn get(&self, key: &TextOf<P>) -> Result<Option<ValueOf<P>>> {
        either!(self, {
            Flutter(store) => store.get(key).await,
            Sealed(store) => Ok(store.get(&key.to_str()).await?.map(P::Cipher::value)),
        })
    }

    pub(crate) async fn get_many(&self, keys: &[&TextOf<P>]) -> Result<Vec<Option<ValueOf<P>>>> {
        either!(self, {
            Flutter(store) => store.get_many(keys).await,
            Sealed(store) => {
                let names: Vec<_> = keys.iter().map(|key| key.to_str()).collect();
                let names: Vec<_> = names.iter().map(|name| &**name).collect();
                Ok(store.get_many(&names).await?.into_iter().map(|value| value.map(P::Cipher::value)).collect())
            },
        })
    }

    pub(crate) async fn get_all(&self, on_unreadable: OnUnreadable) -> Result<Vec<(Owned<TextOf<P>>, ValueOf<P>)>> {
        either!(self, {
            Flutter(store) => store.get_all(on_unreadable).await,
            Sealed(store) => {
                let entries = store.get_all(on_unreadable).await?.into_iter();
                Ok(entries.map(|(name, value)| (TextOf::<P>::of(&name).into_owned(), P::Cipher::value(value))).collect())
            },
        })
    }

    pub(crate) async fn contains_key(&self, key: &TextOf<P>) -> Result<bool> {
        either!(self, {
            Flutter(store) => store.contains_key(key),
            Sealed(store) => store.contains_key(&key.to_str()).await,
        })
    }

    pub(crate) async fn keys(&self) -> Result<Vec<Owned<TextOf<P>>>> {
        either!(self, {
            Flutter(store) => store.keys(),
            Sealed(store) => Ok(store.names().await?.iter().map(|name| TextOf::<P>::of(name).into_owned()).collect()),
        })
    }

    pub(crate) async fn remove(&self, key: &TextOf<P>) -> Result<bool> {
        either!(self, {
            Flutter(store) => store.remove(key),
            Sealed(store) => store.remove(&key.to_str()).await,
        })
    }

    pub(crate) async fn clear(&self) -> Result<()> {
        either!(self, {
            Flutter(store) => store.clear(),
            Sealed(store) => store.clear().await,
        })
    }

    pub(crate) async fn destroy(&self) -> Result<()> {
        either!(self, {
            Flutter(store) => store.destroy().await,
            Sealed(store) => store.destroy().await,
        })
    }

    pub(crate) async fn verify(&self) -> Result<Report> {
        either!(self, {
            Flutter(store) => store.verify().await,
            Sealed(store) => store.verify().await,
        })
    }

    pub(crate) fn watch(&self) -> Watch {
        either!(self, {
            Flutter(store) => store.watch(),
            Sealed(store) => store.watch(),
        })
    }

    pub(crate) fn layout(&self) -> Layout {
        either!(self, {
            Flutter(_store) => Layout::Flutter,
            Sealed(_store) => Layout::Sealed,
        })
    }

    /// What guards the data key.
    pub(crate) fn protection(&self) -> &'static str {
        either!(self, {
            Flutter(store) => if store.wrap().is_some() { "wrap-key" } else { "none" },
            Sealed(store) => store.kind().as_str(),
        })
    }
}
