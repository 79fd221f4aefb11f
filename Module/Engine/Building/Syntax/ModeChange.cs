using System.Globalization;

namespace Containers.Engine.Building.Syntax;

/// <summary>--chmod: octal digits, or clauses as chmod(1) has them, such as u=rwX,go-w.</summary>
internal sealed class ModeChange
{
    private const uint Execute = 0x49; // 0111

    private readonly uint? _mode;
    private readonly List<Clause> _clauses = [];

    private ModeChange(uint? mode) => _mode = mode;

    private sealed record Clause(uint Who, char Operation, uint Bits, bool ConditionalExecute, char? CopyFrom);

    /// <returns>Null where the text is no mode.</returns>
    internal static ModeChange? Parse(string text)
    {
        if (text.Length is > 0 and <= 5 && text.All(c => c is >= '0' and <= '7'))
        {
            uint mode = Convert.ToUInt32(text, 8);
            return mode <= 0xFFF ? new ModeChange(mode) : null;
        }

        ModeChange change = new(null);
        return text.Length > 0 && text.Split(',').All(change.Add) ? change : null;
    }

    internal uint Apply(uint mode, bool isDirectory)
    {
        if (_mode is { } fixedMode)
        {
            return fixedMode;
        }

        foreach (Clause clause in _clauses)
        {
            uint bits = clause.CopyFrom is { } from ? Spread(mode, from) : clause.Bits;
            if (clause.ConditionalExecute && (isDirectory || (mode & Execute) != 0))
            {
                bits |= Execute;
            }

            bits &= clause.Who;
            mode = clause.Operation switch
            {
                '+' => mode | bits,
                '-' => mode & ~bits,
                _ => (mode & ~clause.Who) | bits,
            };
        }

        return mode & 0xFFF;
    }

    public override string ToString() => _mode is { } mode
        ? Convert.ToString(mode, 8)
        : string.Join(',', _clauses.Select(clause => string.Create(
            CultureInfo.InvariantCulture, $"{clause.Who:x}{clause.Operation}{clause.Bits:x}{clause.ConditionalExecute}{clause.CopyFrom}")));

    /// <summary>The permissions of one of u, g, o for all of them.</summary>
    private static uint Spread(uint mode, char from)
    {
        uint three = (from == 'u' ? mode >> 6 : from == 'g' ? mode >> 3 : mode) & 7;
        return three | (three << 3) | (three << 6);
    }

    private bool Add(string text)
    {
        int i = 0;
        uint who = 0;
        for (; i < text.Length && text[i] is 'u' or 'g' or 'o' or 'a'; i++)
        {
            who |= text[i] switch { 'u' => 0x9C0u, 'g' => 0x438u, 'o' => 0x207u, _ => 0xFFFu }; // With setuid, setgid, sticky.
        }

        who = who == 0 ? 0xFFF : who;
        if (i >= text.Length)
        {
            return false;
        }

        while (i < text.Length)
        {
            char operation = text[i++];
            if (operation is not ('+' or '-' or '='))
            {
                return false;
            }

            uint bits = 0;
            bool conditional = false;
            char? copy = null;
            for (; i < text.Length && text[i] is not ('+' or '-' or '='); i++)
            {
                switch (text[i])
                {
                    case 'r': bits |= 0x124; break;
                    case 'w': bits |= 0x92; break;
                    case 'x': bits |= Execute; break;
                    case 'X': conditional = true; break;
                    case 's': bits |= 0xC00; break;
                    case 't': bits |= 0x200; break;
                    case 'u' or 'g' or 'o' when bits == 0 && !conditional && copy is null: copy = text[i]; break;
                    default: return false;
                }
            }

            _clauses.Add(new Clause(who, operation, bits, conditional, copy));
        }

        return true;
    }
}
