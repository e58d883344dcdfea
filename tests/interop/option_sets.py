"""The options that both sides are opened with: written once, turned into Flet's form and keyfold's."""

from dataclasses import dataclass, replace

from flet_secure_storage import WebOptions


@dataclass(frozen=True)
class OptionSet:
    name: str
    namespace: str = "FletSecureStorage"
    wrap_key: str = ""
    wrap_key_iv: str = ""
    session: bool = False

    def for_flet(self) -> WebOptions | None:
        """None where every option has its default, so that the client's own defaults are what is tried."""
        if self == OptionSet(self.name):
            return None
        return WebOptions(
            public_key=self.namespace,
            wrap_key=self.wrap_key,
            wrap_key_iv=self.wrap_key_iv,
            use_session_storage=self.session,
        )

    def for_keyfold(self, **more: object) -> dict[str, object]:
        options: dict[str, object] = {"layout": "flutter", "useSessionStorage": self.session, **more}
        if self.wrap_key:
            options |= {"wrapKey": self.wrap_key, "wrapKeyIv": self.wrap_key_iv}
        return options

    def but(self, **changes: object) -> "OptionSet":
        """The same options with some of them changed: another app, or one that has the wrong key."""
        return replace(self, **changes)


PLAIN = OptionSet("plain")
WRAPPED = OptionSet(
    "wrapped-iv12",
    namespace="com.example.notes",
    wrap_key="YujFgx07OivXb17/P+bkZFnmf49hQzvZR/rR6UxeRUQ=",
    wrap_key_iv="oW/VtM7dxh+tIOw7",
)

OPTION_SETS = [
    PLAIN,
    OptionSet("plain-namespace", namespace="com.example.notes"),
    WRAPPED,
    # As Flet's documentation makes them: 16 bytes of IV, the url-safe alphabet.
    OptionSet(
        "wrapped-iv16-urlsafe",
        namespace="publickey",
        wrap_key="IsPc7_wHw5JCJMoVwBTQZhsI-K1q9RQGaFP3mVEDOD8=",
        wrap_key_iv="-BbzyJT_plSTOclHBECMtQ==",
    ),
    OptionSet(
        "wrapped-aes128",
        namespace="aes128",
        wrap_key="LJSUhu59Ut21rvERDzg4nw==",
        wrap_key_iv="tN0oaI7xZHzMdlMk",
    ),
    # Dart's base64 decoder reads padding that was escaped for a URL.
    OptionSet(
        "wrapped-percent-padding",
        namespace="from a link",
        wrap_key="fhV3ZlU2wGVWmYKHG1f4kvsHl6doSpzbCPs9r9VduoQ%3D",
        wrap_key_iv="tARmmC8Zo0Wv5XG9RTqnEg%3D%3D",
    ),
    OptionSet("session", session=True),
    OptionSet(
        "session-wrapped",
        namespace="session",
        wrap_key="Qily5y7I1xqeBdD3z3zpbxSyZDA3DEWtLhAnw1OIAG0=",
        wrap_key_iv="SExd8hN7BwoGLyE43bDFIQ==",
        session=True,
    ),
]
