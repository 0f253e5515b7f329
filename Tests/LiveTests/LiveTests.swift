import Testing

/// All tests with real sockets. One at a time: they measure what a kernel does at a moment, and share two cores.
///
/// They need to make network namespaces, that is root or CAP_SYS_ADMIN. Without it they are skipped, and say so.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted, "needs root: network namespaces of their own"))
enum LiveTests {}
