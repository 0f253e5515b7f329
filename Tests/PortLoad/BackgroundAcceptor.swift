import Foundation
import Synchronization

/// A thread that accepts the connections of a listener and keeps them.
final class BackgroundAcceptor: Sendable {
    private let listener: Socket
    /// Two connected sockets: closing the first one ends the thread, which waits on the second.
    private let stopper: (Int32, Int32)
    private let accepted = Mutex<[Socket]>([])
    private let ended = DispatchSemaphore(value: 0)

    /// Begins to accept; the listener stays the caller's.
    init(_ listener: Socket) throws {
        self.listener = listener
        stopper = try ChildProcess.pair()
        listener.setNonblocking()
        Thread.detachNewThread { self.acceptAll() }
    }

    /// Waits until there are so many connections, five seconds at most; how many there are.
    @discardableResult
    func wait(for count: Int) -> Int {
        let deadline = Clock.now + 5000
        while true {
            let there = accepted.withLock(\.count)
            if there >= count || Clock.now >= deadline { return there }
            usleep(500)
        }
    }

    /// Closes what has been accepted; how many those were.
    func closeAll() -> Int {
        let sockets = accepted.withLock { accepted in
            defer { accepted = [] }
            return accepted
        }
        sockets.forEach { $0.close() }
        return sockets.count
    }

    /// Ends the thread, so that nobody uses the listener any more, and closes what it has accepted.
    func stop() {
        _ = close(stopper.0)
        ended.wait()
        _ = close(stopper.1)
        _ = closeAll()
    }

    private func acceptAll() {
        var entries = [listener.descriptor, stopper.1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            guard poll(&entries, 2, -1) >= 0 || errno == EINTR else { break }
            if entries[1].revents != 0 { break }
            while let socket = try? listener.accept() {
                accepted.withLock { $0.append(socket) }
            }
        }
        ended.signal()
    }
}
