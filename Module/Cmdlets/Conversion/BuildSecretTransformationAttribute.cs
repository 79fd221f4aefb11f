using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Building;

namespace Containers.Cmdlets;

/// <summary>Secrets in docker's spelling, id=NAME[,src=PATH|,env=VARIABLE], or as hashtables: @{ name = 'path' }, @{ Id; Source; Variable }.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class BuildSecretTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        try
        {
            Dictionary<string, BuildSecret> secrets = new(StringComparer.Ordinal);
            foreach (object? element in Conversions.Rejoin(Conversions.Elements(value)))
            {
                Add(secrets, element);
            }

            return secrets;
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }

    private static void Add(Dictionary<string, BuildSecret> secrets, object? element)
    {
        if (element is not IDictionary table)
        {
            string text = Conversions.Text(element);
            Add(secrets, text.Split(',').Select(part => part.Split('=', 2)).Select(pair => (pair[0].Trim(), pair.Length > 1 ? pair[1] : "")), text);
            return;
        }

        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in table)
        {
            fields[Conversions.Text(entry.Key)] = Conversions.Text(entry.Value);
        }

        if (fields.TryGetValue("id", out string? named))
        {
            Add(secrets, fields.Select(field => (field.Key, field.Value)), named);
            return;
        }

        foreach ((string id, string path) in fields)
        {
            secrets[id] = new BuildSecret(path, null);
        }
    }

    private static void Add(Dictionary<string, BuildSecret> secrets, IEnumerable<(string Key, string Value)> fields, string subject)
    {
        string? id = null;
        string? path = null;
        string? variable = null;
        foreach ((string key, string value) in fields)
        {
            switch (key.ToLowerInvariant())
            {
                case "id":
                    id = value;
                    break;
                case "src" or "source" or "path":
                    path = value;
                    break;
                case "env" or "variable":
                    variable = value;
                    break;
                case "type" when value is "file" or "env":
                    break;
                default:
                    throw Invalid(subject);
            }
        }

        if (id is not { Length: > 0 } || (path is not null && variable is not null))
        {
            throw Invalid(subject);
        }

        // As docker has it: a variable of the id's name, and else a file of it.
        secrets[id] = path is null && variable is null
            ? Environment.GetEnvironmentVariable(id) is null ? new BuildSecret(id, null) : new BuildSecret(null, id)
            : new BuildSecret(path, variable);
    }

    private static EngineException Invalid(string subject) => new(
        EngineErrorKind.InvalidArgument, "InvalidSecret", $"\"{subject}\" is no secret.", subject,
        "Write 'id=NAME,src=PATH' or 'id=NAME,env=VARIABLE', or give @{ NAME = 'PATH' }.");
}
