import Foundation
import Synchronization

/// A buffered stream of bytes: standard output, standard error, or what a test captures.
///
/// After a failure everything that follows is dropped, and the failure is thrown again, so that no half of a document
/// is followed by something else.
final class OutputWriter: Sendable {
    /// Takes all bytes of a full buffer, or throws ``OutputError``.
    typealias Sink = @Sendable (UnsafeRawBufferPointer) throws -> Void

    private struct State {
        var buffer: [UInt8] = []
        var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let sink: Sink
    private let capacity: Int

    /// A writer that hands over to `sink` at least `capacity` bytes at a time, fewer only in ``flush()``.
    init(capacity: Int = 1 << 16, sink: @escaping Sink) {
        self.capacity = capacity
        self.sink = sink
    }

    /// Appends UTF-8 text.
    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Appends bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            state.buffer.append(contentsOf: bytes)
            if state.buffer.count >= capacity { try Self.drain(&state, to: sink) }
        }
    }

    /// Hands over what is in the buffer.
    func flush() throws {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            if !state.buffer.isEmpty { try Self.drain(&state, to: sink) }
        }
    }

    private static func drain(_ state: inout State, to sink: Sink) throws {
        defer { state.buffer.removeAll(keepingCapacity: true) }
        do {
            try state.buffer.withUnsafeBytes(sink)
        } catch {
            state.failure = error
            throw error
        }
    }
}

extension OutputWriter {
    /// A writer to a file descriptor, which stays open. Interrupted, short and not yet possible writes are taken up
    /// again.
    static func fileDescriptor(_ descriptor: Int32) -> OutputWriter {
        OutputWriter { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = UnsafeRawBufferPointer(rebasing: rest).withMemoryRebound(to: UInt8.self) {
                    Foundation.write(descriptor, $0.baseAddress, $0.count)
                }
                if written >= 0 {
                    rest = rest.dropFirst(written)
                    continue
                }
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&ready, 1, -1)
                default: throw OutputError(code: errno)
                }
            }
        }
    }
}
