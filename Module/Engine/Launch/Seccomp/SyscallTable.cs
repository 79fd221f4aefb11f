using System.Collections.Frozen;
using System.Globalization;

namespace Containers.Engine.Launch.Seccomp;

/// <summary>The numbers of all system calls, from Syscalls.txt.</summary>
internal static class SyscallTable
{
    /// <summary>Marks a call of the x32 ABI, which shares its audit architecture with x86-64 (asm/unistd.h).</summary>
    internal const uint X32Bit = 0x40000000;

    private const int None = -1;

    private static readonly Lazy<FrozenDictionary<string, int[]>> s_numbers =
        new(static () => Read(SeccompProfile.ReadResource("Syscalls.txt")));

    /// <summary>Every name of any ABI.</summary>
    internal static IReadOnlyList<string> Names => s_numbers.Value.Keys;

    /// <summary>The number as a filter sees it, x32 with its bit. False where the ABI has no such call.</summary>
    internal static bool TryGetNumber(string name, SyscallAbi abi, out uint number)
    {
        if (s_numbers.Value.TryGetValue(name, out int[]? row) && row[(int)abi] != None)
        {
            number = (uint)row[(int)abi] | (abi == SyscallAbi.X32 ? X32Bit : 0);
            return true;
        }

        number = 0;
        return false;
    }

    private static FrozenDictionary<string, int[]> Read(string text)
    {
        Dictionary<string, int[]> numbers = new(512, StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#')
            {
                continue;
            }

            string[] words = line.Split(' ');
            int[] row = new int[5];
            for (int column = 0; column < row.Length; column++)
            {
                string word = words.Length == 2 ? words[1] : words[column + 1];
                row[column] = word switch
                {
                    "-" => None,
                    "=" => row[0],
                    _ => int.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture),
                };
            }

            numbers.Add(words[0], row);
        }

        return numbers.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
