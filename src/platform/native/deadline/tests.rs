//! Calls with a deadline, whatever the keychain does.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use futures_util::FutureExt;
use pollster::block_on;

use super::*;

const SOON: Duration = Duration::from_millis(50);

#[test]
fn a_call_in_time_is_answered_and_not_undone() {
    let (undone, is_undone) = mpsc::channel();
    let answer = within(Duration::from_secs(60), || Ok(7), move || undone.send(()).unwrap());
    assert_eq!(block_on(answer).unwrap(), 7);
    assert!(is_undone.recv().is_err());
}

#[test]
fn a_late_call_is_an_error_and_is_undone() {
    let (free, is_free) = mpsc::channel::<()>();
    let (undone, is_undone) = mpsc::channel();
    let call = move || is_free.recv().map_err(|_| too_late(SOON));
    let error = block_on(within(SOON, call, move || undone.send(()).unwrap())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("has not answered within 50ms"), "{error}");
    assert!(is_undone.try_recv().is_err(), "it is not done yet");
    free.send(()).unwrap();
    is_undone.recv().unwrap();
}

#[test]
fn a_call_that_nobody_waits_for_is_undone() {
    let (undone, is_undone) = mpsc::channel();
    let (free, is_free) = mpsc::channel::<()>();
    let call = move || is_free.recv().map_err(|_| too_late(SOON));
    let mut answer = Box::pin(within(Duration::from_secs(60), call, move || undone.send(()).unwrap()));
    assert!(answer.as_mut().now_or_never().is_none());
    drop(answer);
    free.send(()).unwrap();
    is_undone.recv().unwrap();
}

#[test]
fn a_call_that_panics_is_an_error() {
    let call = || -> Result<()> { panic!("on purpose") };
    let error = block_on(within(Duration::from_secs(60), call, || {})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Platform);
}
