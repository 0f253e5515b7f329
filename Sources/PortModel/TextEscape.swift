/// Makes text that a stranger chose harmless: names of programs, paths, units, containers.
///
/// Whatever could move the cursor, change colours, reverse the direction of writing or be invisible becomes visible:
/// `\n`, `\x1b`, `\u{202e}`. Everything printable stays, of any script. A backslash stays too: units have them
/// (`dev-disk\x2duuid.swap`) and must be recognised.
public enum TextEscape {
    /// How many combining marks a character may have. No script's writing needs more.
    private static let mostMarks = 4

    /// The text with everything harmful made visible.
    public static func escaped(_ text: String) -> String {
        if isPlainASCII(text) { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        // A combining mark at the start would settle on what stands before the cell, and a tower of them on the lines
        // above.
        var marks = mostMarks
        for scalar in text.unicodeScalars {
            marks = isMark(scalar) ? marks + 1 : 0
            if isHarmful(scalar) || marks > mostMarks {
                result += visible(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whether every byte is one of ASCII's printable characters: nearly always so, and quick to see.
    public static func isPlainASCII(_ text: String) -> Bool {
        // Without a branch for each byte.
        let others = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.reduce(into: UInt8(0)) { $0 |= $1 &- 0x20 < 0x5f ? 0 : 1 }
        }
        return others.map { $0 == 0 } ?? text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    }

    /// Whether a character does something else than to stand where it is written: control characters (C0, DEL, C1),
    /// format characters (directions, zero width, tags), line and paragraph separators, and what Unicode has not
    /// assigned.
    public static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7f { return scalar.value < 0x20 }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
        // Fillers that are shown as nothing are letters to Unicode.
        default: scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isVariationSelector
        }
    }

    /// `\n`, `\t`, `\r`, `\x1b` below 0x100, else `\u{202e}`.
    public static func visible(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        default:
            let digits = String(scalar.value, radix: 16)
            if scalar.value > 0xff { return "\\u{\(digits)}" }
            return "\\x" + (digits.count < 2 ? "0" : "") + digits
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x300 { return false }
        return switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: true
        default: false
        }
    }
}
