import PortModel

/// An error that ends the program: an exit status, and a message that says what to do.
///
/// It is printed as `portlog: what happened: why. What to do.`, on one line of standard error.
struct PortlogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// How the process ends.
    var status: ExitStatus
    /// What happened: `cannot read /var/lib/portlog/portlog.db`. Lower case, no full stop.
    var what: String
    /// Why: `permission denied`. Empty where `what` says it all.
    var why: String
    /// What to do, as a sentence: `Ask an administrator to add you to the group portlog.` Empty where nothing helps.
    var whatToDo: String

    /// An error of its parts. The full stop after each part is set here where it is missing.
    init(_ status: ExitStatus, _ what: String, why: String = "", whatToDo: String = "") {
        self.status = status
        self.what = what
        self.why = why
        self.whatToDo = whatToDo
    }

    /// The message without the name of the program: `what happened: why. What to do.`
    ///
    /// Control characters are escaped: parts of it are names of files and arguments that somebody else may have chosen.
    var description: String {
        let happened = [what, why].map(Self.trimmed).filter { !$0.isEmpty }.joined(separator: ": ")
        return [happened, Self.trimmed(whatToDo)].filter { !$0.isEmpty }.map(Self.sentence).joined(separator: " ")
    }

    /// One line of text, escaped, without white space around it.
    private static func trimmed(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        let start = line.drop { $0.isWhitespace }
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return TextEscape.escaped(String(start[...end]))
    }

    /// The text with a full stop, unless it ends with a mark already.
    private static func sentence(_ text: String) -> String {
        guard let last = text.last, !".!?".contains(last) else { return text }
        return text + "."
    }
}

/// An error of another module that knows how the program ends for it.
protocol PortlogErrorConvertible: Error {
    /// The same as an exit status and a message.
    var portlogError: PortlogError { get }
}

extension PortlogError: PortlogErrorConvertible {
    var portlogError: PortlogError { self }
}
