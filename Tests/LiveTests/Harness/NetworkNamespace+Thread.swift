import CLinux
import Glibc

extension NetworkNamespace {
    private final class Work {
        let path: String
        let body: () throws -> Void
        var result: Result<Void, any Error> = .success(())

        init(_ path: String, _ body: @escaping () throws -> Void) {
            self.path = path
            self.body = body
        }

        func run() {
            result = Result {
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { throw HarnessError("\(path): errno \(errno)") }
                defer { _ = close(descriptor) }
                guard setns(descriptor, Int32(portlog_clone_newnet)) == 0 else {
                    throw HarnessError("setns: errno \(errno)")
                }
                try body()
            }
        }
    }

    /// Has a new thread of this process enter the namespace and do something there; the thread ends with it.
    func enter(_ body: @escaping () throws -> Void) throws {
        let work = Work(path, body)
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        guard started == 0 else { throw HarnessError("no thread: errno \(started)") }
        pthread_join(thread, nil)
        try withExtendedLifetime(work) { try work.result.get() }
    }
}
