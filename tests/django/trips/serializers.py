from django.contrib.auth import get_user_model
from rest_framework import serializers
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer


class UserSerializer(serializers.ModelSerializer):
    password1 = serializers.CharField(write_only=True)
    password2 = serializers.CharField(write_only=True)

    class Meta:
        model = get_user_model()
        fields = ("id", "username", "password1", "password2", "first_name", "last_name")
        read_only_fields = ("id",)

    def validate(self, data):
        if data["password1"] != data["password2"]:
            raise serializers.ValidationError("Passwords must match.")
        return data

    def create(self, validated_data):
        names = {key: value for key, value in validated_data.items() if key not in ("password1", "password2")}
        return get_user_model().objects.create_user(password=validated_data["password1"], **names)


class LogInSerializer(TokenObtainPairSerializer):
    @classmethod
    def get_token(cls, user):
        # It has the id already, as `USER_ID_CLAIM`.
        token = super().get_token(user)
        for key, value in UserSerializer(user).data.items():
            if key != "id":
                token[key] = value
        return token
