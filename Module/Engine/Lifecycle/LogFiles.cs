using System.Globalization;

namespace Containers.Engine.Lifecycle;

/// <summary>The numbered files of a log: 00000001.log and on. The number only grows, so that a reader that follows never mistakes one for another.</summary>
internal static class LogFiles
{
    internal static List<int> Numbers(string directory)
    {
        List<int> numbers = [];
        try
        {
            foreach (string path in Directory.EnumerateFiles(directory, "*.log"))
            {
                if (int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                {
                    numbers.Add(number);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            return numbers; // A container without a log, or one that was removed this moment.
        }

        numbers.Sort();
        return numbers;
    }

    internal static int Newest(string directory)
    {
        List<int> numbers = Numbers(directory);
        return numbers.Count == 0 ? 1 : numbers[^1];
    }

    internal static string PathOf(string directory, int number) =>
        directory + "/" + number.ToString("D8", CultureInfo.InvariantCulture) + ".log";
}
