using System.Buffers;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// The keys that let go of a container, in docker's form: single characters and ctrl-X with X one of a-z, @, [, \, ], ^ and _, separated by
/// commas. No keys at all mean that there are none.
/// </summary>
public sealed class DetachSequence
{
    /// <summary>docker's keys.</summary>
    public const string Default = "ctrl-p,ctrl-q";

    private readonly byte[] _keys;

    private int _seen;

    private DetachSequence(byte[] keys)
    {
        _keys = keys;
    }

    /// <exception cref="EngineException">InvalidDetachKeys.</exception>
    public static DetachSequence Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(text.Length == 0 ? [] : [.. text.Split(',').Select(key => ParseKey(key, text))]);
    }

    /// <summary>
    /// Takes what was typed and gives what of it is for the container. The beginning of the keys is held back until it is clear that it was none.
    /// </summary>
    /// <returns>True when the keys are complete; what was typed behind them is nobody's.</returns>
    public bool Take(ReadOnlySpan<byte> typed, IBufferWriter<byte> passed)
    {
        ArgumentNullException.ThrowIfNull(passed);
        foreach (byte key in typed)
        {
            if (_keys.Length == 0)
            {
                passed.Write([key]);
                continue;
            }

            // What was held is the beginning of the keys: on another key, as much of it as is no beginning any more goes out.
            while (_seen > 0 && key != _keys[_seen])
            {
                int kept = LongestBeginning(_seen);
                passed.Write(_keys.AsSpan(0, _seen - kept));
                _seen = kept;
            }

            if (key != _keys[_seen])
            {
                passed.Write([key]);
            }
            else if (++_seen == _keys.Length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The longest proper end of the first keys that is a beginning of them, too.</summary>
    private int LongestBeginning(int length)
    {
        int kept = length - 1;
        while (kept > 0 && !_keys.AsSpan(0, kept).SequenceEqual(_keys.AsSpan(length - kept, kept)))
        {
            kept--;
        }

        return kept;
    }

    private static byte ParseKey(string key, string text)
    {
        const string Control = "ctrl-";
        if (key.Length == 1 && char.IsAscii(key[0]))
        {
            return (byte)key[0];
        }

        if (key.Length == Control.Length + 1 && key.StartsWith(Control, StringComparison.OrdinalIgnoreCase))
        {
            char letter = char.ToUpperInvariant(key[^1]);
            if (letter is >= '@' and <= '_')
            {
                return (byte)(letter - '@');
            }
        }

        throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidDetachKeys", $"\"{key}\" in the detach keys \"{text}\" is no key.", text,
            "Write single characters or ctrl-a to ctrl-z, with commas between: ctrl-p,ctrl-q.");
    }
}
