import Foundation
import Logging
import PortModel

/// Writes log records to standard error: for the journal with the priority it understands before each line
/// (sd-daemon(3)), elsewhere with the time of day.
///
///     <4>ProcFS: row skipped file=tcp line=17 field=st
///     10:30:00 warning: row skipped file=tcp line=17 field=st
struct JournalLogHandler: LogHandler {
    /// How a record looks.
    enum Form: Sendable, Hashable {
        /// For systemd's journal: `<6>text`.
        case journal
        /// For a person, on a terminal, in a file or through a pipe: `10:30:00 text`.
        case plain
    }

    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    private let form: Form
    private let world: World

    /// A handler in the form that a world's standard error asks for.
    init(world: World, form: Form? = nil) {
        self.world = world
        self.form = form ?? (world.terminal.errorIsJournal ? .journal : .plain)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        var line = TextEscape.escaped(event.message.description)
        if let error = event.error { line += " error=" + Self.value("\(error)") }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line += " \(TextEscape.escaped(key))=\(Self.value(value.description))"
        }
        // Standard error that takes no more is no reason to stop recording.
        try? world.errors.write("\(prefix(event.level))\(line)\n")
        try? world.errors.flush()
    }

    private func prefix(_ level: Logger.Level) -> String {
        switch form {
        case .journal: return Self.prefix(of: level)
        case .plain:
            let now = world.now().milliseconds
            let clock = world.localTime.reading(now / 1000).civil.clockText
            // The progress line gives way, and comes back with the next sample.
            let start = world.terminal.errorIsTerminal ? ProgressLine.clear : ""
            return level == .info ? "\(start)\(clock) " : "\(start)\(clock) \(level): "
        }
    }

    /// What the journal takes for a line's priority.
    static func prefix(of level: Logger.Level) -> String { "<\(priority(level))>" }

    /// The priority of syslog(3).
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// A value on one line: in quotes where it is empty or holds spaces, quotes or an equals sign.
    private static func value(_ text: String) -> String {
        let text = TextEscape.escaped(text)
        guard text.isEmpty || text.contains(where: { " \"=".contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
    }
}
