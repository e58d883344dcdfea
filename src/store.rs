//! A namespace of either layout. It is opened here, for every target, from the parts that `platform` names.

use crate::{
    error::Result,
    options::{CallOptions, Layout, Settings},
    platform::{self, Input, Name, Value},
    report::{Looked, OnUnreadable, Report},
    text::Owned,
    unlock::{Unlock, UnlockInfo},
    verbs::{Over, Rekey, Verbs},
    watch::Watch,
};
#[cfg(feature = "flutter")]
use crate::{
    flutter::{FlutterStore, cipher::Cipher},
    options::{Place, WrapKey},
};
#[cfg(feature = "sealed")]
use crate::{sealed::SealedStore, unlock::UnlockKind};

/// A store of one layout or the other, chosen when it is opened. The features `flutter` and `sealed` say which layouts
/// there are.
pub(crate) enum Store {
    #[cfg(feature = "flutter")]
    Flutter(Flutter, Place),
    #[cfg(feature = "sealed")]
    Sealed(SealedStore<platform::Sealed>),
}

#[cfg(feature = "flutter")]
type Flutter = FlutterStore<platform::FlutterArea, platform::FlutterCipher>;

/// Calls the store of either layout.
macro_rules! of_either {
    ($self:ident, $store:ident => $do:expr) => {
        match $self {
            #[cfg(feature = "flutter")]
            Store::Flutter($store, _) => $do,
            #[cfg(feature = "sealed")]
            Store::Sealed($store) => $do,
        }
    };
}

/// Does what the layout needs. A build without that layout gives an error.
macro_rules! by_layout {
    ($layout:expr, Flutter => $flutter:expr, Sealed => $sealed:expr $(,)?) => {
        match $layout {
            #[cfg(feature = "flutter")]
            Layout::Flutter => $flutter,
            #[cfg(feature = "sealed")]
            Layout::Sealed => $sealed,
            #[cfg(not(all(feature = "flutter", feature = "sealed")))]
            left_out => Err(left_out.is_left_out()),
        }
    };
}

impl Store {
    /// Opens a namespace.
    pub(crate) async fn open(settings: &Settings<'_>) -> Result<Self> {
        by_layout!(settings.layout,
            Flutter => {
                let area = platform::flutter_area(settings.place)?;
                let wrap = import_wrap(settings.wrap.as_ref()).await?;
                let engine = settings.web.engine.unwrap_or_default();
                let store = FlutterStore::over(area, settings.namespace, engine, wrap, settings.must_exist).await?;
                Ok(Store::Flutter(store, settings.place))
            },
            Sealed => {
                let namespace = platform::sealed_namespace(settings)?;
                Ok(Store::Sealed(SealedStore::open(namespace, settings.unlock, settings.must_exist).await?))
            },
        )
    }

    /// The same store with some options changed, which have been checked.
    pub(crate) async fn with(&self, options: &CallOptions) -> Result<Self> {
        match self {
            #[cfg(feature = "flutter")]
            Store::Flutter(store, place) => {
                let moved = place.with(options.web.use_session_storage)?;
                let area = if moved == *place { store.area().clone() } else { platform::flutter_area(moved)? };
                let wrap = import_wrap(options.web.wrap()?.as_ref()).await?.or_else(|| store.wrap().cloned());
                let engine = options.web.engine.unwrap_or(store.engine());
                let store = FlutterStore::over(area, &store.namespace(), engine, wrap, false).await?;
                Ok(Store::Flutter(store, moved))
            }
            #[cfg(feature = "sealed")]
            Store::Sealed(store) => Ok(Store::Sealed(store.with(options))),
        }
    }

    /// Goes on with a device store of the sealed layout that another instance of the package has opened, and whose ring
    /// had this generation.
    #[cfg(all(feature = "npm", feature = "sealed"))]
    pub(crate) fn taken_over(settings: &Settings<'_>, generation: u64) -> Result<Self> {
        Ok(Store::Sealed(SealedStore::taken_over(platform::sealed_namespace(settings)?, generation)))
    }

    /// The generation of the ring that this handle knows; 0 if it knows none.
    #[cfg(feature = "npm")]
    pub(crate) fn generation(&self) -> u64 {
        match self {
            #[cfg(feature = "flutter")]
            Store::Flutter(..) => 0,
            #[cfg(feature = "sealed")]
            Store::Sealed(store) => store.generation(),
        }
    }

    /// Tells the watchers what others have changed until now. In the flutter layout they know already.
    #[cfg(feature = "npm")]
    pub(crate) async fn look(&self) -> Result<()> {
        match self {
            #[cfg(feature = "flutter")]
            Store::Flutter(..) => Ok(()),
            #[cfg(feature = "sealed")]
            Store::Sealed(store) => store.look().await,
        }
    }

    /// Removes a namespace without opening it.
    pub(crate) async fn destroy_unopened(settings: &Settings<'_>) -> Result<()> {
        by_layout!(settings.layout,
            Flutter => crate::flutter::destroy(&platform::flutter_area(settings.place)?, settings.namespace).await,
            Sealed => platform::sealed_namespace(settings)?.destroy().await,
        )
    }

    /// The unlocks of a namespace, without opening it.
    pub(crate) async fn unlocks_unopened(settings: &Settings<'_>) -> Result<Vec<UnlockInfo>> {
        by_layout!(settings.layout,
            Flutter => Err(crate::verbs::without_unlocks()),
            Sealed => platform::sealed_namespace(settings)?.look().await.unlocks(),
        )
    }

    /// What is found of a store. Nothing is opened.
    pub(crate) async fn look_for(settings: &Settings<'_>) -> Looked {
        let looked = by_layout!(settings.layout,
            Flutter => look_for_flutter(settings).await,
            Sealed => look_for_sealed(settings).await,
        );
        looked.unwrap_or_else(Looked::unusable)
    }

    pub(crate) fn layout(&self) -> Layout {
        match self {
            #[cfg(feature = "flutter")]
            Store::Flutter(..) => Layout::Flutter,
            #[cfg(feature = "sealed")]
            Store::Sealed(_) => Layout::Sealed,
        }
    }
}

#[cfg(feature = "flutter")]
async fn look_for_flutter(settings: &Settings<'_>) -> Result<Looked> {
    let area = platform::flutter_area(settings.place)?;
    let reason = import_wrap(settings.wrap.as_ref()).await.err();
    Ok(Looked { is_found: crate::flutter::is_found(&area, settings.namespace)?, reason, ..Looked::default() })
}

/// Also looks whether the device's key can be asked for.
#[cfg(feature = "sealed")]
async fn look_for_sealed(settings: &Settings<'_>) -> Result<Looked> {
    let namespace = platform::sealed_namespace(settings)?;
    let mut looked = namespace.look().await;
    if looked.reason.is_none() && !looked.is_found {
        looked.reason = namespace.can_be_made().await.err();
    }
    if looked.reason.is_none() && settings.unlock.kind() == UnlockKind::Device {
        looked.reason = namespace.device_is_ready().await.err();
    }
    Ok(looked)
}

/// A wrap key that is ready for use.
#[cfg(feature = "flutter")]
async fn import_wrap(
    wrap: Option<&WrapKey>,
) -> Result<Option<std::sync::Arc<<platform::FlutterCipher as Cipher>::Wrap>>> {
    match wrap {
        Some(WrapKey { key, iv }) => {
            Ok(Some(std::sync::Arc::new(platform::FlutterCipher::import_wrap(key, iv).await?)))
        }
        None => Ok(None),
    }
}

impl Verbs for Store {
    type Name = Name;
    type Input = Input;
    type Value = Value;

    async fn put_all(&self, entries: &[(&Name, &Input)], over: Over) -> Result<Vec<usize>> {
        of_either!(self, store => store.put_all(entries, over).await)
    }

    async fn update<I: AsRef<Input>>(
        &self,
        key: &Name,
        change: impl FnMut(Option<Value>) -> Result<Option<I>>,
    ) -> Result<bool> {
        of_either!(self, store => store.update(key, change).await)
    }

    async fn get_many(&self, keys: &[&Name]) -> Result<Vec<Option<Value>>> {
        of_either!(self, store => store.get_many(keys).await)
    }

    async fn get(&self, key: &Name) -> Result<Option<Value>> {
        of_either!(self, store => store.get(key).await)
    }

    async fn get_all(&self, on_unreadable: OnUnreadable) -> Result<Vec<(Owned<Name>, Value)>> {
        of_either!(self, store => store.get_all(on_unreadable).await)
    }

    async fn contains_key(&self, key: &Name) -> Result<bool> {
        of_either!(self, store => store.contains_key(key).await)
    }

    async fn keys(&self) -> Result<Vec<Owned<Name>>> {
        of_either!(self, store => store.keys().await)
    }

    async fn remove(&self, key: &Name) -> Result<bool> {
        of_either!(self, store => store.remove(key).await)
    }

    async fn clear(&self) -> Result<()> {
        of_either!(self, store => store.clear().await)
    }

    async fn destroy(&self) -> Result<()> {
        of_either!(self, store => store.destroy().await)
    }

    async fn verify(&self) -> Result<Report> {
        of_either!(self, store => store.verify().await)
    }

    fn watch(&self) -> Watch {
        of_either!(self, store => store.watch())
    }

    fn protection(&self) -> &'static str {
        of_either!(self, store => store.protection())
    }

    fn is_locked(&self) -> bool {
        of_either!(self, store => store.is_locked())
    }

    fn lock(&self) -> Result<()> {
        of_either!(self, store => store.lock())
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<()> {
        of_either!(self, store => store.unlock(unlock).await)
    }

    async fn unlocks(&self) -> Result<Vec<UnlockInfo>> {
        of_either!(self, store => store.unlocks().await)
    }

    async fn rekey(&self, rekey: Rekey<'_>, progress: impl FnMut(usize, usize)) -> Result<Option<String>> {
        of_either!(self, store => store.rekey(rekey, progress).await)
    }

    async fn remove_unreadable(&self) -> Result<usize> {
        of_either!(self, store => store.remove_unreadable().await)
    }
}
