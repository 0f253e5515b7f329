import Foundation
import PortAlerts
import PortRecorder
import PortReports

/// A turn of an alert as programs and sockets get it: the alert of docs/json-output.md, with `event` and `host`.
struct AlertMessage: Encodable {
    /// The turn.
    let event: AlertEvent
    /// The recorded host.
    let host: String

    private enum CodingKeys: String, CodingKey {
        case event, host
    }

    func encode(to encoder: any Encoder) throws {
        try AlertDocument(event.alert).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(event.kind.rawValue, forKey: .event)
        try container.encode(host, forKey: .host)
    }

    /// One line, in which nothing does more than stand there.
    var line: [UInt8] {
        guard let data = try? JSONDocument.encoder().encode(self) else { return [] }
        return Array((JSONDocument.harmless(String(decoding: data, as: UTF8.self)) + "\n").utf8)
    }

    /// The name of this host.
    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension DeliverySettings {
    /// Where a configuration has alerts go.
    init(_ delivery: RecorderConfiguration.Delivery) {
        self.init()
        usesJournal = delivery.journal
        command = delivery.exec
        timeout = .milliseconds(delivery.execTimeout)
        concurrency = delivery.execConcurrency
        socket = delivery.socket
    }
}
