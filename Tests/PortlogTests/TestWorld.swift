import Foundation
import PortModel
import Synchronization
import TestSupport

@testable import portlog

/// Collects what is written.
final class Capture: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    /// A writer into it.
    var writer: OutputWriter {
        OutputWriter(capacity: 1) { [self] buffer in bytes.withLock { $0.append(contentsOf: buffer) } }
    }

    /// What has been written so far.
    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}

/// A world without surprises: UTC, a clock that stands still, no environment, nobody's files, everything captured.
struct TestWorld {
    var world: World
    let output = Capture()
    let errors = Capture()

    /// 2026-11-22T10:30:00.000Z, a Sunday.
    static let now = Timestamp(milliseconds: 1_795_343_400_000)

    init(
        environment: [String: String] = [:], uid: UInt32 = 1000, terminal: Terminal = Terminal(),
        files: Set<String> = []
    ) {
        world = World(
            environment: environment, uid: uid, now: { Self.now }, localTime: .utc, terminal: terminal,
            output: output.writer, errors: errors.writer, fileExists: { files.contains($0) })
    }
}

extension SeededGenerator {
    /// Text of all that could make trouble: controls, quotes, wide and combining characters, directions.
    mutating func nastyText(upTo count: Int = 12) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "Z", "0", "9", ",", ";", "\"", "'", "=", "+", "-", "@", "\t", "\r", "\n", " ", "\u{1b}", "[", "m",
            "\\",
            "\u{0}", "\u{7f}", "\u{9b}", "\u{202e}", "\u{2066}", "\u{200b}", "\u{301}", "漢", "é", "😀", "\u{2028}",
            "\u{e0041}",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...count, using: &self) {
            text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &self)])
        }
        return text
    }
}
