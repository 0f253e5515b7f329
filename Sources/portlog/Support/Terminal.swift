import Foundation

/// What is known about where the output goes.
struct Terminal: Sendable, Equatable {
    /// Whether standard output is a terminal.
    var outputIsTerminal = false
    /// Whether standard error is a terminal.
    var errorIsTerminal = false
    /// Whether standard error is the journal of systemd.
    var errorIsJournal = false
    /// The columns of the terminal; 80 where there is none.
    var columns = 80
    /// Whether the locale's encoding is UTF-8: charts are drawn with block elements then, else with ASCII.
    var usesUTF8 = true

    /// The terminal of this process.
    static func process(environment: [String: String]) -> Terminal {
        Terminal(
            outputIsTerminal: isatty(STDOUT_FILENO) == 1,
            errorIsTerminal: isatty(STDERR_FILENO) == 1,
            errorIsJournal: isJournal(STDERR_FILENO, environment: environment),
            columns: columns(environment: environment, size: windowColumns()),
            usesUTF8: usesUTF8(environment: environment))
    }

    /// The width: `COLUMNS` where it is a number that makes sense, else the window's, else 80.
    static func columns(environment: [String: String], size: Int?) -> Int {
        let sensible = 20...10_000
        if let given = environment["COLUMNS"].flatMap({ Int($0) }), sensible.contains(given) { return given }
        if let size, sensible.contains(size) { return size }
        return 80
    }

    /// Whether a stream is the one that systemd connected to the journal: `JOURNAL_STREAM` has its device and inode
    /// (systemd.exec(5)), also where standard error was redirected since.
    static func isJournal(_ descriptor: Int32, environment: [String: String]) -> Bool {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Whether the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set names UTF-8.
    static func usesUTF8(environment: [String: String]) -> Bool {
        let set = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        guard let locale = set?.lowercased() else { return false }
        return locale.contains("utf-8") || locale.contains("utf8")
    }

    private static func windowColumns() -> Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
