import PortModel

/// How many columns of a terminal a text takes.
enum DisplayWidth {
    /// The columns of a text that holds no control characters.
    static func of(_ text: String) -> Int {
        if TextEscape.isPlainASCII(text) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// 0 for what is drawn over the character before it, 2 for wide East Asian characters and emoji, else 1.
    static func columns(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // Vowels and final consonants of Hangul join the syllable before them.
        if (0x1160...0x11ff).contains(scalar.value) { return 0 }
        // A flag is two of these, which makes two columns.
        if (0x1f1e6...0x1f1ff).contains(scalar.value) { return 1 }
        if properties.isEmojiPresentation || isWide(scalar.value) { return 2 }
        return 1
    }

    /// The blocks of wide characters: Unicode's East_Asian_Width W and F, without emoji.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97f,
            0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6,
            0x16fe0...0x18dff, 0x1aff0...0x1b2ff, 0x1f200...0x1f265, 0x20000...0x2fffd, 0x30000...0x3fffd:
            true
        default: false
        }
    }
}
