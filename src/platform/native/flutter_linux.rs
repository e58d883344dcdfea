//! Not yet.

use crate::{
    error::{Error, ErrorKind, Result},
    options::FlutterApp,
    report::Importable,
};

pub(crate) fn values(_app: &FlutterApp) -> Result<Importable> {
    Err(Error::new(ErrorKind::Unsupported, "not yet in this version"))
}
