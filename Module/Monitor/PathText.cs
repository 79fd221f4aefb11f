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
