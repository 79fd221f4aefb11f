namespace Containers.Engine.Building.Syntax;

/// <summary>Truth as docker's language spells it (Go, strconv.ParseBool): 1, t, T, TRUE, true, True, and the same of false.</summary>
internal static class GoBoolean
{
    internal static bool TryParse(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "TRUE" or "true" or "True";
        return value || text is "0" or "f" or "F" or "FALSE" or "false" or "False";
    }
}
