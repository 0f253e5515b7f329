import ArgumentParser
import PortHistory
import PortModel
import PortProbe
import PortReports

/// What both `explain` commands take, and how they come to the sockets that they look at.
struct ExplainOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOption
    @OptionGroup var instant: InstantOptions
    @OptionGroup var question: QuestionOptions

    /// Where the present is read.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "What is asked about the present: /proc alone, or sock_diag too, which shows sockets that are bound and no more.",
            valueName: "source"))
    var source: SocketSource = .auto

    /// Whether a sample of the history answers, and not the present: with `--at`, and for another namespace than the caller's.
    func isAboutHistory() -> Bool {
        instant.at != nil || (question.filter.namespace ?? Snapshot.hostNamespace) != Snapshot.hostNamespace
    }

    /// The sockets of the moment asked about.
    ///
    /// - Parameters:
    ///   - history: what ``openHistory(in:)`` has given, where it was opened already.
    ///   - inspects: ask the sockets themselves for their options.
    ///   - wanted: which of them to find the owners of.
    func scene(
        in world: World, _ history: OpenedHistory? = nil, inspects: Bool = false,
        wanted: (BoundSocket, PortLimits) -> Bool
    ) throws -> PortScene {
        if isAboutHistory() {
            if inspects {
                throw PortlogError(
                    .usage, "--inspect asks the sockets that are there now",
                    whatToDo: "Leave out --at and --namespace, or --inspect")
            }
            let at = try instant.instant(in: world)
            if at == nil {
                world.note(
                    "note: another network namespace answers from its newest sample; run portlog inside it for the present"
                )
            }
            return try database.ask(in: world, upTo: at, about: question.filter) { view in
                let name = question.filter.namespace
                if let name, try !view.namespaceNames().contains(name) { throw Self.unknown(name) }
                return try PortScene.past(view, at: at, namespace: name)
            }
        }
        return try present(in: world, history ?? openHistory(in: world), inspects: inspects, wanted: wanted)
    }

    private func present(
        in world: World, _ history: OpenedHistory, inspects: Bool, wanted: (BoundSocket, PortLimits) -> Bool
    ) throws -> PortScene {
        let probe = HostProbe()
        var look = try Self.look(probe, source)
        let inodes = Set(look.sockets.filter { wanted($0, look.limits) }.map(\.row.inode))
        let failure = probe.findOwners(of: inodes, in: &look, inspects: inspects)
        if let failure {
            world.note("note: --inspect could not ask every socket (\(failure)); it needs root or CAP_SYS_PTRACE")
        }
        if source == .auto, !look.showsBound {
            world.note(
                "note: sock_diag does not answer here: TCP sockets that are bound and do not listen are not seen")
        }
        var scene = PortScene.present(look)
        guard case .open(let reader) = history else { return scene }
        do {
            try reader.read { try scene.learn(from: $0, bootID: look.bootID) }
        } catch let error as HistoryError {
            world.note("note: without the history: \(error.portlogError)")
        }
        return scene
    }

    /// The history as a question about the present has it.
    enum OpenedHistory {
        /// There is none.
        case none
        /// It cannot be used; why.
        case refused(HistoryError)
        /// It can be asked.
        case open(HistoryReader)
    }

    /// Opens the history, where there is one. The present needs none: what is wrong with it is no more than a note.
    func openHistory(in world: World) -> OpenedHistory {
        guard let path = try? database.path(in: world) else { return .none }
        do throws(HistoryError) {
            return .open(try HistoryReader(path: path))
        } catch .notFound where database.database == nil {
            return .none
        } catch {
            // A question about the history ends with the error.
            if !isAboutHistory() { world.note("note: without the history: \(error.portlogError)") }
            return .refused(error)
        }
    }

    private static func look(_ probe: HostProbe, _ source: SocketSource) throws -> HostLook {
        do throws(HostProbeError) {
            return try probe.look(source)
        } catch {
            switch error {
            case .unreadable(let path, let reason):
                throw PortlogError(.ioError, "cannot read \(path)", why: reason)
            case .noWitness(let reason):
                throw PortlogError(
                    .unavailable, "sock_diag does not answer", why: reason, whatToDo: "Use --source proc, or auto")
            }
        }
    }

    private static func unknown(_ name: String) -> PortlogError {
        PortlogError(
            .noInput, "the history knows no network namespace \(name)",
            whatToDo: "See portlog status for those it knows")
    }
}
