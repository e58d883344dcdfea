//! Which Flutter app's values are to be imported.

use std::path::PathBuf;

/// A Flutter or Flet app whose stored values are to be imported: what its build files call it. Each platform reads its
/// own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(dead_code, reason = "each platform reads its own")]
pub struct FlutterApp {
    pub(crate) application_id: Option<String>,
    pub(crate) company_name: Option<String>,
    pub(crate) product_name: Option<String>,
    pub(crate) binary_name: Option<String>,
    pub(crate) support_directory: Option<PathBuf>,
}

impl FlutterApp {
    /// An app of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Linux: `APPLICATION_ID` of `linux/CMakeLists.txt`, for example `com.example.notes`. The keyring's item is found
    /// by it.
    #[must_use]
    pub fn application_id(mut self, id: impl Into<String>) -> Self {
        self.application_id = Some(id.into());
        self
    }

    /// Windows: `CompanyName` of `windows/runner/Runner.rc`, which names the directory above that of the product.
    /// Leave it out where the app has none.
    #[must_use]
    pub fn company_name(mut self, name: impl Into<String>) -> Self {
        self.company_name = Some(name.into());
        self
    }

    /// Windows: `ProductName` of `windows/runner/Runner.rc`, which names the directory of the app's files. Where the app
    /// has none, the name of its program without `.exe`.
    #[must_use]
    pub fn product_name(mut self, name: impl Into<String>) -> Self {
        self.product_name = Some(name.into());
        self
    }

    /// Windows: `BINARY_NAME` of `windows/CMakeLists.txt`, or `STORAGE_PREFIX` where that is set. It names what versions
    /// before 9 of `flutter_secure_storage` stored, files ending in `.secure` and credentials; without it only the newer
    /// file is read.
    #[must_use]
    pub fn binary_name(mut self, name: impl Into<String>) -> Self {
        self.binary_name = Some(name.into());
        self
    }

    /// Windows: the directory of the app's files, old and new, if it is not the one that company and product name.
    /// Default: `company\product` in `%APPDATA%`.
    #[must_use]
    pub fn support_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.support_directory = Some(directory.into());
        self
    }
}
