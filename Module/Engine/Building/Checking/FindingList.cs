using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Checking;

/// <summary>Collects findings, without those that the file does not want.</summary>
internal sealed class FindingList
{
    private readonly List<ContainerFileFinding> _findings = [];
    private readonly CheckOptions _options;
    private CheckOptions _here;

    internal FindingList(CheckOptions options) => _options = _here = options;

    /// <summary>In the order of their places, each once.</summary>
    internal IReadOnlyList<ContainerFileFinding> Sorted => [.. _findings.Distinct().OrderBy(one => one.Line).ThenBy(one => one.Column)];

    /// <summary>"# check=skip=" right above an instruction counts for that one.</summary>
    internal void Enter(IReadOnlyList<string> comments)
    {
        _here = _options;
        foreach (string comment in comments)
        {
            if (comment.StartsWith("check", StringComparison.OrdinalIgnoreCase) && comment[5..].TrimStart().StartsWith('='))
            {
                string value = comment[(comment.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0];
                _here = CheckOptions.TryParse(value, out _) is { } own ? _options.And(own) : _options;
                return;
            }
        }
    }

    internal void Add(CheckRule rule, SourceRange range, string message)
    {
        if (_here.Wants(rule.Name, rule.IsExperimental))
        {
            Add(FilePlace.Of(range, message), _options.Error ? FindingSeverity.Error : FindingSeverity.Warning, rule.Name, rule.Link);
        }
    }

    /// <summary>What keeps the file from being built.</summary>
    internal void Add(EngineException e, string file)
    {
        FilePlace place = e.ErrorTarget as FilePlace ?? new FilePlace(file, 1, 1, 1, 1, e.Message, "");
        Add(place, FindingSeverity.Error, e.ErrorId, null);
    }

    private void Add(FilePlace place, FindingSeverity severity, string rule, string? link) => _findings.Add(new ContainerFileFinding(
        place.File, place.Line, place.Column, place.EndLine, place.EndColumn, severity, rule, place.Message, place.Text, link));
}
