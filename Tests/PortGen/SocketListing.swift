import Foundation
import PortHistory
import PortModel

/// Writes what `ss -tan` (iproute2) prints, one file a sample: what an administrator without portlog keeps.
struct SocketListing {
    /// Where the files go: `FOLDER/SECONDS.txt`.
    let folder: String

    /// Writes the TCP sockets of a sample.
    func write(_ sample: SampleRecord, _ rows: [SocketRow]) throws {
        var text = "State      Recv-Q Send-Q        Local Address:Port         Peer Address:Port Process\n"
        for row in rows where row.table.transport == .tcp {
            let family = row.table.family
            let peer = row.remote.isNone ? (family == .ipv6 ? "[::]:*" : "0.0.0.0:*") : row.remote.text(in: family)
            let queues = row.state == .listen ? "0      4096   " : "0      0      "
            text +=
                Self.padded(Self.name(row.state), 10) + " " + queues + Self.aligned(row.local.text(in: family), 25)
                + " " + Self.aligned(peer, 25) + "\n"
        }
        let path = "\(folder)/\(sample.takenAt.milliseconds / 1000).txt"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }

    private static func aligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }

    private static func name(_ state: SocketState) -> String {
        switch state {
        case .established: "ESTAB"
        case .synSent: "SYN-SENT"
        case .synReceived: "SYN-RECV"
        case .finWait1: "FIN-WAIT-1"
        case .finWait2: "FIN-WAIT-2"
        case .timeWait: "TIME-WAIT"
        case .close: "UNCONN"
        case .closeWait: "CLOSE-WAIT"
        case .lastAck: "LAST-ACK"
        case .listen: "LISTEN"
        case .closing: "CLOSING"
        }
    }
}
