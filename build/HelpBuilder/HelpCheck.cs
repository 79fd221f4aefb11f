namespace Containers.HelpBuilder;

/// <summary>Pages and cmdlets must tell the same story: nothing undocumented, nothing documented that is not there.</summary>
public static class HelpCheck
{
    /// <summary>Written by the generator: their meaning is PowerShell's, the same everywhere.</summary>
    private static readonly string[] s_generated = ["WhatIf", "Confirm"];

    public static IEnumerable<Problem> Run(HelpPages help, IReadOnlyList<CommandFacts> commands, string folder)
    {
        var problems = new List<Problem>(help.Problems);
        foreach (var command in commands)
        {
            if (help.Pages.TryGetValue(command.Name, out var page))
            {
                problems.AddRange(Check(help, page, command));
            }
            else
            {
                problems.Add(new Problem(Path.Combine(folder, command.Name + ".md"), 0, $"{command.Name} has no help page"));
            }
        }

        var names = commands.Select(command => command.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        problems.AddRange(help.Pages.Values
            .Where(page => !names.Contains(page.Name))
            .Select(page => new Problem(page.File, 0, $"there is no cmdlet {page.Name}")));

        var all = commands.SelectMany(command => command.Parameters).Select(parameter => parameter.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        problems.AddRange(help.Shared.Values
            .Where(parameter => !all.Contains(parameter.Name))
            .Select(parameter => new Problem(parameter.File, parameter.Line, $"no cmdlet has a parameter -{parameter.Name}")));
        return problems;
    }

    private static IEnumerable<Problem> Check(HelpPages help, HelpPage page, CommandFacts command)
    {
        if (page.Description.Count == 0)
        {
            yield return new Problem(page.File, 0, "the page has no description");
        }

        if (page.Examples.Count == 0)
        {
            yield return new Problem(page.File, 0, "the page has no example");
        }

        foreach (var parameter in command.Parameters.Where(parameter => !s_generated.Contains(parameter.Name)))
        {
            if (help.Find(page, parameter.Name) is null)
            {
                yield return new Problem(page.File, 0, $"-{parameter.Name} has no paragraph, here or in _parameters.md");
            }
        }

        foreach (var parameter in page.Parameters.Values)
        {
            if (!command.Parameters.Any(known => known.Name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase)))
            {
                yield return new Problem(parameter.File, parameter.Line, $"{command.Name} has no parameter -{parameter.Name}");
            }
        }
    }
}
