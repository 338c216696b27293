// Orders one image with a client of the JDK: java Client NAME, as an ordinary program does.
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;

class Client {
    static final String BODY = "{\"model\": \"gpt-image-1.5\", \"prompt\": \"a lighthouse\","
            + " \"size\": \"1024x1024\", \"output_format\": \"png\"}";
    static final URI ADDRESS = URI.create(System.getenv("OMIXA_BASE_URL") + "/images/generations");
    static final String AUTHORIZATION = "Bearer " + System.getenv("OMIXA_API_KEY");
    static final int TIMEOUT = (int) (1000 * Double.parseDouble(System.getenv("OMIXA_TIMEOUT")));

    static byte[] withHttpClient() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(ADDRESS)
                .header("Authorization", AUTHORIZATION)
                .header("Content-Type", "application/json")
                .timeout(Duration.ofMillis(TIMEOUT))
                .POST(HttpRequest.BodyPublishers.ofString(BODY))
                .build();
        HttpResponse<byte[]> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        return checked(response.statusCode(), response.body());
    }

    static byte[] withUrlConnection() throws Exception {
        HttpURLConnection connection = (HttpURLConnection) ADDRESS.toURL().openConnection();
        connection.setReadTimeout(TIMEOUT);
        connection.setDoOutput(true);
        connection.setRequestProperty("Authorization", AUTHORIZATION);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.getOutputStream().write(BODY.getBytes("UTF-8"));
        int status = connection.getResponseCode();
        return checked(status, status >= 400 ? new byte[0] : connection.getInputStream().readAllBytes());
    }

    static byte[] checked(int status, byte[] body) throws IOException {
        if (status >= 400) throw new IllegalStateException(String.valueOf(status));
        return body;
    }

    public static void main(String[] arguments) {
        try {
            byte[] body = arguments[0].equals("http-client") ? withHttpClient() : withUrlConnection();
            String text = new ObjectMapper().readTree(body).get("data").get(0).get("b64_json").textValue();
            Files.write(Path.of("out.png"), Base64.getDecoder().decode(text));
        } catch (Exception error) {
            boolean status = error instanceof IllegalStateException;
            System.err.println(status ? error.getMessage() : error.getClass().getSimpleName());
            System.exit(1);
        }
        System.exit(0);
    }
}
