namespace Containers.Engine.Building.Checking;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>It builds, but probably not what was meant.</summary>
    Warning,

    /// <summary>It does not build, or "# check=error=true" says that it should not.</summary>
    Error,
}

/// <summary>Something in a Dockerfile that somebody should look at.</summary>
/// <param name="Line">From 1, as all of them.</param>
/// <param name="EndColumn">The one after the last character.</param>
/// <param name="Rule">The name of docker's check; of errors their id.</param>
/// <param name="Text">The line, and carets under the place.</param>
/// <param name="Link">Docker's page about the rule; null for what docker has no page about.</param>
public sealed record ContainerFileFinding(
    string File, int Line, int Column, int EndLine, int EndColumn, FindingSeverity Severity, string Rule, string Message, string Text, string? Link)
{
    /// <summary>"Dockerfile:3:5: message (Rule)".</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message} ({Rule})");
}
