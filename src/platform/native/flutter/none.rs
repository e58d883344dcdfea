//! Systems where nothing of Flutter's can be read: macOS, iOS and Android for now, and others without the feature
//! `keychain`.

use crate::{
    error::{Error, ErrorKind, Result},
    options::FlutterApp,
    report::Importable,
};

pub(in crate::platform::native) fn values(_app: &FlutterApp) -> Result<Importable> {
    let reason = if cfg!(feature = "keychain") {
        "what Flutter stores on this system cannot be imported yet: on Linux, on Windows and in browsers it can"
    } else {
        "this app was built without keyfold's feature `keychain`, which reads what Flutter stores here: build it \
         with that feature"
    };
    Err(Error::new(ErrorKind::Unsupported, reason))
}
