namespace Containers.Monitor;

/// <summary>Paths as the plan has them: NUL-terminated bytes, cut in place where a shorter one is wanted.</summary>
internal static unsafe class PathText
{
    internal static int Length(byte* text)
    {
        int length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return length;
    }

    /// <summary>Writes a positive number in decimal digits, without a NUL.</summary>
    /// <returns>How many digits, ten at most.</returns>
    internal static int Number(byte* text, int value)
    {
        int digits = 1;
        for (int rest = value / 10; rest > 0; rest /= 10)
        {
            digits++;
        }

        for (int at = digits - 1; at >= 0; at--)
        {
            text[at] = (byte)('0' + (value % 10));
            value /= 10;
        }

        return digits;
    }

    /// <summary>Where the path ends when its last parts are left out: at a slash.</summary>
    internal static int Cut(byte* path, int parts = 1)
    {
        int length = Length(path);
        while (length > 0 && parts > 0)
        {
            length--;
            parts -= path[length] == '/' ? 1 : 0;
        }

        return length;
    }
}
