import PortModel

/// Pieces of what alerts say. Words that a process chose are as that chose them: every way out escapes them.
enum AlertWords {
    /// `83.4 %`.
    static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded(.down))
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// `45s`, `4m 30s`, `2h 5m`.
    static func duration(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds) / 1000
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m \(seconds % 60)s" }
        let minutes = seconds % 3600 / 60
        return minutes == 0 ? "\(seconds / 3600)h" : "\(seconds / 3600)h \(minutes)m"
    }

    /// ` in the network namespace web1`; nothing for the recorder's own.
    static func place(_ namespace: String) -> String {
        namespace == Snapshot.hostNamespace ? "" : " in the network namespace \(namespace)"
    }

    /// Where a command is to be run.
    static func prefix(_ namespace: String) -> String {
        namespace == Snapshot.hostNamespace ? "" : "In the network namespace \(namespace): "
    }

    /// A name as an argument of a shell's command, in quotes where it needs them.
    static func argument(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || "-_./@:".utf8.contains(byte)
            }
        if isPlain, !text.hasPrefix("-") { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// `nginx (pid 77, nginx.service)`, and how many more there are.
    static func programs(_ owners: [PortOwner]) -> String {
        guard let first = owners.first else { return "an unknown program" }
        var details = "pid \(first.pid)"
        if owners.count > 1 { details += " and \(owners.count - 1) more" }
        if let place = first.place { details += ", \(place)" }
        return "\(first.command) (\(details))"
    }
}
