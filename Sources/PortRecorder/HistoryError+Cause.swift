import PortHistory

extension HistoryError {
    /// Whether another recorder writes the history.
    var isOtherRecorder: Bool { if case .locked = self { true } else { false } }

    /// Why writing failed, in the words of the log, of `status` and of the alert.
    var cause: String {
        switch self {
        case .logHeld:
            "a reader keeps a transaction open, so that the write-ahead log has used up its part of the budget"
        case .overBudget: "a sample has more to write than the budget has room for"
        case .noRoom: "there is no room on the file system"
        case .inputOutput(_, let reason): reason
        case .damaged(_, let reason): "the history is damaged: \(reason)"
        case .severalNames(let path, let count): "\(path) is one of \(count) names of one file (hard links)"
        default: "\(self)"
        }
    }
}
