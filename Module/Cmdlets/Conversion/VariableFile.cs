using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Files of variables or labels as docker reads them: KEY=value or KEY a line, # begins a comment line, no quoting.</summary>
internal static class VariableFile
{
    /// <exception cref="EngineException">InvalidVariableFile.</exception>
    internal static IEnumerable<(string Key, string? Value)> Parse(string text, string path)
    {
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.TrimEnd('\r').TrimStart();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            int equals = line.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? line.TrimEnd() : line[..equals];
            if (key.Length == 0 || key.Any(char.IsWhiteSpace))
            {
                throw new EngineException(
                    EngineErrorKind.InvalidData, "InvalidVariableFile", $"Line {number} of \"{path}\" has no valid name: \"{line}\".", path,
                    "Write NAME=value or NAME on each line.");
            }

            yield return (key, equals < 0 ? null : line[(equals + 1)..]);
        }
    }
}
