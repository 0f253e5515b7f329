import Foundation
import Synchronization

/// Work that waits its turn, done by threads that end when there is none: whoever adds to it never waits.
final class DeliveryQueue: Sendable {
    typealias Work = @Sendable () -> Void

    private struct State {
        var waiting: [Work] = []
        var running = 0
    }

    /// So much may wait; what comes then is given up.
    static let most = 64

    private let state = Mutex(State())

    /// Whether nothing waits or runs.
    var isIdle: Bool { state.withLock { $0.waiting.isEmpty && $0.running == 0 } }

    /// Adds work; false when too much is waiting.
    ///
    /// - Parameter concurrency: how much may run at once.
    func add(concurrency: Int, _ work: @escaping Work) -> Bool {
        let (isTaken, starts) = state.withLock { state in
            if state.waiting.count >= Self.most { return (false, false) }
            state.waiting.append(work)
            if state.running >= concurrency { return (true, false) }
            state.running += 1
            return (true, true)
        }
        if starts {
            Thread.detachNewThread { [self] in
                while let work = next() { work() }
            }
        }
        return isTaken
    }

    private func next() -> Work? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
