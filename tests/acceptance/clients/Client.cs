// Orders one image with .NET's HttpClient under Mono, as an ordinary program does.
using System;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Web.Script.Serialization;

class Document { public Item[] data = null; public class Item { public string b64_json = null; } }

static class Program
{
    const string Body =
        "{\"model\": \"gpt-image-1.5\", \"prompt\": \"a lighthouse\", \"size\": \"1024x1024\", \"output_format\": \"png\"}";

    static void Order()
    {
        var seconds = double.Parse(Environment.GetEnvironmentVariable("OMIXA_TIMEOUT"));
        var client = new HttpClient { Timeout = TimeSpan.FromSeconds(seconds) };
        var url = Environment.GetEnvironmentVariable("OMIXA_BASE_URL") + "/images/generations";
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + Environment.GetEnvironmentVariable("OMIXA_API_KEY"));
        var response = client.PostAsync(url, new StringContent(Body, Encoding.UTF8, "application/json")).Result;
        if ((int)response.StatusCode >= 400) throw new Exception(((int)response.StatusCode).ToString());
        var text = response.Content.ReadAsStringAsync().Result;
        var document = new JavaScriptSerializer { MaxJsonLength = int.MaxValue }.Deserialize<Document>(text);
        File.WriteAllBytes("out.png", Convert.FromBase64String(document.data[0].b64_json));
    }

    static void Main()
    {
        string trouble = null;
        try { Order(); }
        catch (Exception error)
        {
            error = error.GetBaseException();
            trouble = error.GetType() == typeof(Exception) ? error.Message : error.GetType().Name;
        }
        if (trouble != null) Console.Error.WriteLine(trouble);
        Environment.Exit(trouble == null ? 0 : 1); // after a mere return, Mono may wait for its threads for ever
    }
}
