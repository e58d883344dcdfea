//! Which Flutter app's values to import.

use std::path::PathBuf;

/// A Flutter or Flet app whose stored values are to be imported, by the names in its build files. Each platform reads
/// its own of them.
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
    /// An app about which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Linux: `APPLICATION_ID` in `linux/CMakeLists.txt`, for example `com.example.notes`. The keyring's item is found
    /// by it.
    #[must_use]
    pub fn application_id(mut self, id: impl Into<String>) -> Self {
        self.application_id = Some(id.into());
        self
    }

    /// Windows: `CompanyName` in `windows/runner/Runner.rc`. It names the directory above the product's. Leave it out
    /// if the app has none.
    #[must_use]
    pub fn company_name(mut self, name: impl Into<String>) -> Self {
        self.company_name = Some(name.into());
        self
    }

    /// Windows: `ProductName` in `windows/runner/Runner.rc`. It names the directory of the app's files. If the app has
    /// none, give the name of its program without `.exe`.
    #[must_use]
    pub fn product_name(mut self, name: impl Into<String>) -> Self {
        self.product_name = Some(name.into());
        self
    }

    /// Windows: `BINARY_NAME` in `windows/CMakeLists.txt`, or `STORAGE_PREFIX` if that is set. It finds what versions
    /// before 9 of `flutter_secure_storage` stored: files ending in `.secure`, and credentials. Without it only the
    /// newer file is read.
    #[must_use]
    pub fn binary_name(mut self, name: impl Into<String>) -> Self {
        self.binary_name = Some(name.into());
        self
    }

    /// Windows: the directory of the app's files, old and new, if the company and product names do not lead to it.
    /// Default: `company\product` in `%APPDATA%`.
    #[must_use]
    pub fn support_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.support_directory = Some(directory.into());
        self
    }
}
