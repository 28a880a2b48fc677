//! How the failures of all attempts become one (ASYNCIO A.7).

use crate::failure::{AttemptFailure, Failure, OsFailure, SocketError};

/// Makes one failure of those of all attempts, given in the order of the candidates.
pub fn combine(mut failures: Vec<AttemptFailure>, all_errors: bool) -> Failure {
    if all_errors && !failures.is_empty() {
        return Failure::All(failures);
    }
    let texts: Vec<_> = failures.iter().map(AttemptFailure::to_string).collect();
    if texts.windows(2).any(|pair| pair[0] != pair[1]) {
        return Failure::Os(OsFailure {
            code: common_code(&failures).unwrap_or(SocketError::Other(None)),
            message: format!("Multiple exceptions: {}", texts.join(", ")),
        });
    }
    match failures.is_empty() {
        false => failures.swap_remove(0).into(),
        true => Failure::Os(OsFailure {
            code: SocketError::Timeout,
            message: "create_connection failed".into(),
        }),
    }
}

/// The code that all failures have. asyncio loses it.
fn common_code(failures: &[AttemptFailure]) -> Option<SocketError> {
    let mut codes = failures.iter().map(|failure| match failure {
        AttemptFailure::Os(failure) => Some(&failure.code),
        _ => None,
    });
    let first = codes.next()??;
    codes.all(|code| code == Some(first)).then(|| first.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{CertificateFailure, TlsFailure};
    use std::time::Duration;

    fn refused(address: &str) -> AttemptFailure {
        AttemptFailure::Os(OsFailure::connect(
            SocketError::ConnectionRefused,
            address.parse().unwrap(),
        ))
    }

    #[test]
    fn a7_1_all_errors_even_for_one() {
        let group = combine(vec![refused("127.0.0.1:1")], true);
        assert_eq!(
            group.to_string(),
            "create_connection failed (1 sub-exception)"
        );
        assert_eq!(group, Failure::All(vec![refused("127.0.0.1:1")]));
    }

    #[test]
    fn a7_2_exactly_one() {
        let one = refused("127.0.0.1:1");
        assert_eq!(combine(vec![one.clone()], false), one.into());
    }

    #[test]
    fn a7_3_several_alike_are_the_first() {
        let alike = AttemptFailure::Os(OsFailure::new(SocketError::RemoteUnreachable));
        let combined = combine(vec![alike.clone(), alike.clone()], false);
        assert_eq!(combined, alike.into());
    }

    #[test]
    fn a7_4_several_different() {
        let combined = combine(vec![refused("[::1]:1"), refused("127.0.0.1:1")], false);
        assert_eq!(
            combined.to_string(),
            "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), \
             [Errno 111] Connect call failed ('127.0.0.1', 1)"
        );
        let code = |failure| match failure {
            Failure::Os(OsFailure { code, .. }) => code,
            failure => panic!("{failure:?}"),
        };
        assert_eq!(code(combined), SocketError::ConnectionRefused);
        let unreachable = OsFailure::new(SocketError::RemoteUnreachable);
        let mixed = combine(vec![refused("[::1]:1"), unreachable.into()], false);
        assert_eq!(code(mixed), SocketError::Other(None));
    }

    #[test]
    fn a7_5_none_recorded_also_with_all_errors() {
        for all_errors in [false, true] {
            let combined = combine(Vec::new(), all_errors);
            assert_eq!(combined.to_string(), "create_connection failed");
        }
    }

    #[test]
    fn failures_of_tls_stay_what_they_are_if_they_are_alike() {
        let expired = || {
            let dates = "yesterday".to_owned();
            AttemptFailure::Tls(TlsFailure::Certificate(CertificateFailure::Expired(dates)))
        };
        assert!(matches!(
            combine(vec![expired(), expired()], false),
            Failure::Tls(TlsFailure::Certificate(_))
        ));
        let mixed = combine(
            vec![
                expired(),
                AttemptFailure::HandshakeTimedOut(Duration::from_secs(1)),
            ],
            false,
        );
        assert!(
            mixed
                .to_string()
                .starts_with("Multiple exceptions: certificate verify failed: ")
        );
    }
}
