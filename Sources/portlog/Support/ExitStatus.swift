/// How a portlog process ends. Scripts rely on the numbers; most are those of sysexits.h.
enum ExitStatus: Int32, Sendable, CaseIterable {
    /// Done, whatever the findings.
    case done = 0
    /// The command line is wrong (EX_USAGE).
    case usage = 64
    /// There is no such database, or no sample at the time asked for (EX_NOINPUT).
    case noInput = 66
    /// The file is not portlog's, of another schema, or damaged; or there is no sock_diag to record from (EX_UNAVAILABLE).
    case unavailable = 69
    /// A file cannot be created; no room at the start included (EX_CANTCREAT).
    case cannotCreate = 73
    /// Reading or writing failed (EX_IOERR).
    case ioError = 74
    /// Another recorder is writing this database (EX_TEMPFAIL).
    case busy = 75
    /// The user may not do this (EX_NOPERM).
    case noPermission = 77
}
